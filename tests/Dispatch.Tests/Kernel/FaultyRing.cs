using System.Reflection;

namespace Dispatch.Tests.Kernel;

/// <summary>
/// A real ring whose enters can be made to fail the way the kernel's do under pressure, which no test can bring about: nothing is submitted, nothing is waited for.
/// </summary>
internal sealed unsafe class FaultyRing : KernelRing
{
    private readonly IoUringRing inner;

    public FaultyRing(EventLoopOptions options)
    {
        inner = IoUringRing.Create(options);
        Submissions = inner.Submissions;
        Completions = inner.Completions;
        object word = typeof(KernelRing).GetField("attention", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(inner)!;
        SetAttention((uint*)Pointer.Unbox(word), quiet: 0);
    }

    /// <summary>Gets or sets how the next enters fail: an errno, and how often.</summary>
    public (int Errno, int Times) Fault { get; set; }

    public int FaultsSeen { get; private set; }

    /// <summary>Gets or sets how many of the next cancels do not find what they are to cancel.</summary>
    public int CancelsToMiss { get; set; }

    public int CancelsSeen { get; private set; }

    public override KernelDescription Description => inner.Description;

    public override TimeProvider Clock => inner.Clock;

    public override int MessageDescriptor => inner.MessageDescriptor;

    public override bool CompletesAfterClose => inner.CompletesAfterClose;

    public override bool BundlesReceives => inner.BundlesReceives;

    public override bool Supports(Opcode opcode) => inner.Supports(opcode);

    public override int Enter(uint minimumCompletions, long timeoutNanoseconds)
    {
        if (Fault.Times > 0)
        {
            Fault = (Fault.Errno, Fault.Times - 1);
            FaultsSeen++;
            return -Fault.Errno;
        }

        MissCancels();
        inner.Submissions.Tail = Submissions.Tail; // Both are views of one queue; only how far each has got is its own.
        return inner.Enter(minimumCompletions, timeoutNanoseconds);
    }

    public override bool TryPrepareWakeRequest(ref SubmissionEntry entry) => inner.TryPrepareWakeRequest(ref entry);

    public override void Wake() => inner.Wake();

    public override int Register(uint operation, void* argument, uint count) => inner.Register(operation, argument, count);

    public override int RegisterIdentity(FileIdentity identity) => inner.RegisterIdentity(identity);

    public override void UnregisterIdentity(int number) => inner.UnregisterIdentity(number);

    public override bool TryBeginCall(WorkerCall call, WorkerPool pool) => inner.TryBeginCall(call, pool);

    public override int CancelCall(WorkerCall call) => inner.CancelCall(call);

    public override void Close(bool fromOwner) => inner.Close(fromOwner);

    public override void ReleaseMemory() => inner.ReleaseMemory();

    private void MissCancels()
    {
        for (uint i = Submissions.Tail - Submissions.Pending; i != Submissions.Tail; i++)
        {
            ref SubmissionEntry entry = ref Submissions.Entries[i & Submissions.Mask];
            if (entry.Opcode == Opcode.AsyncCancel)
            {
                CancelsSeen++;
                if (CancelsToMiss > 0)
                {
                    CancelsToMiss--;
                    entry.Address = ulong.MaxValue - 7; // Nobody's tag: the kernel itself answers "not found".
                    entry.OperationFlags = 0;
                }
            }
        }
    }
}
