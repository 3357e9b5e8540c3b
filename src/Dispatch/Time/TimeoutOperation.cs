using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// The one kernel timeout that carries a polling loop's earliest timer, in absolute monotonic time. When an earlier timer comes, it is moved
/// with an update; when a timer is removed it stays and fires once for nothing.
/// </summary>
internal sealed unsafe class TimeoutOperation(LoopEngine engine) : Operation(engine)
{
    private IoUringRecords.KernelTimespec* time;
    private long coveredUntil;
    private bool stopped;

    /// <summary>Makes sure that a completion comes at this time or earlier.</summary>
    public void CoverUntil(long due)
    {
        if (stopped || (InFlight && coveredUntil <= due))
        {
            return;
        }

        if (time == null)
        {
            time = (IoUringRecords.KernelTimespec*)NativeMemory.Alloc((nuint)sizeof(IoUringRecords.KernelTimespec));
        }

        // The kernel copies the time when it takes the entry, and entries are taken in order: one record serves them all, because the last
        // value written is the earliest.
        time->Seconds = due / 1_000_000_000;
        time->Nanoseconds = due % 1_000_000_000;
        coveredUntil = due;
        SubmissionEntry entry = default;
        entry.Fd = -1;
        if (InFlight)
        {
            entry.Opcode = Opcode.TimeoutRemove;
            entry.Address = Tag;
            entry.Address2 = (ulong)time;
            entry.OperationFlags = IoUringAbi.IORING_TIMEOUT_UPDATE | IoUringAbi.IORING_TIMEOUT_ABS;
            entry.Flags = EntryFlags.SkipSuccess;
            Engine.StageSilent(entry);
        }
        else
        {
            entry.Opcode = Opcode.Timeout;
            entry.Address = (ulong)time;
            entry.Length = 1;
            entry.OperationFlags = IoUringAbi.IORING_TIMEOUT_ABS;
            StartEntry(entry);
            Engine.Latency?.Forget(Index);
        }
    }

    /// <summary>Ends it: the loop closes.</summary>
    public void Stop()
    {
        stopped = true;
        RequestCancel();
        if (!InFlight)
        {
            Free();
        }
    }

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        Engine.Timers.IsDueFlagged = true;
        if (stopped)
        {
            Free();
        }
    }

    private void Free()
    {
        NativeMemory.Free(time);
        time = null;
    }
}
