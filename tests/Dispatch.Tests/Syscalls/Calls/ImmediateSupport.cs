namespace Dispatch.Tests;

/// <summary>A ring that says of every opcode that it can do it, and is asked for nothing else.</summary>
internal sealed unsafe class ImmediateSupport : KernelRing
{
    public static ImmediateSupport Everything { get; } = new();

    public override KernelDescription Description => throw new NotSupportedException();

    public override TimeProvider Clock => TimeProvider.System;

    public override int MessageDescriptor => -1;

    public override bool CompletesAfterClose => false;

    public override bool Supports(Opcode opcode) => true;

    public override int Enter(uint minimumCompletions, long timeoutNanoseconds) => throw new NotSupportedException();

    public override bool TryPrepareWakeRequest(ref SubmissionEntry entry) => false;

    public override void Wake()
    {
    }

    public override int Register(uint operation, void* argument, uint count) => throw new NotSupportedException();

    public override int RegisterIdentity(FileIdentity identity) => throw new NotSupportedException();

    public override void UnregisterIdentity(int number) => throw new NotSupportedException();

    public override void Close(bool fromOwner)
    {
    }

    public override void ReleaseMemory()
    {
    }
}
