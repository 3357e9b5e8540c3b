using System.Runtime.CompilerServices;

namespace Dispatch.Conformance;

/// <summary>Any kernel's ring, whose enters can be made to fail, to take less, and to be asked for less, the way kernels do under pressure.</summary>
internal sealed unsafe class FaultyRing : KernelRing
{
    private readonly KernelRing inner;
    private readonly SeamFaults faults;
    private uint seen;

    public FaultyRing(KernelRing inner, SeamFaults faults)
    {
        this.inner = inner;
        this.faults = faults;
        Submissions = inner.Submissions;
        Completions = inner.Completions;
        seen = Submissions.Tail;
        FollowAttention();
    }

    public override KernelDescription Description => inner.Description;

    public override TimeProvider Clock => inner.Clock;

    public override int MessageDescriptor => inner.MessageDescriptor;

    public override bool CompletesAfterClose => inner.CompletesAfterClose;

    public override bool BundlesReceives => inner.BundlesReceives;

    public override KernelCalls Calls => inner.Calls;

    public override OffLoop OffLoop => inner.OffLoop;

    public override bool Supports(Opcode opcode) => inner.Supports(opcode);

    public override int Enter(uint minimumCompletions, long timeoutNanoseconds)
    {
        if (faults.TryFail(out int errno))
        {
            return -errno;
        }

        for (; seen != Submissions.Tail; seen++)
        {
            faults.Shorten(ref Submissions.Entries[seen & Submissions.Mask]);
        }

        // Both are views of one queue; only how far each has got is its own.
        uint head = Volatile.Read(ref *Submissions.KernelHead);
        uint pending = Submissions.Pending;
        uint taken = faults.Limit(pending);
        inner.Submissions.Tail = head + taken;
        inner.Completions.Head = Completions.Head;

        // An enter that could not take everything does not wait.
        int result = taken == pending ? inner.Enter(minimumCompletions, timeoutNanoseconds) : inner.Enter(0, -1);
        FollowAttention();
        return result;
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

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "attention")]
    private static extern ref uint* AttentionOf(KernelRing ring);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "attentionQuiet")]
    private static extern ref uint QuietOf(KernelRing ring);

    /// <summary>A kernel may tell anew, whenever it is entered, where it says that it has something.</summary>
    private void FollowAttention() => SetAttention(AttentionOf(inner), QuietOf(inner));
}
