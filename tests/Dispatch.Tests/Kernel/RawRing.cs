namespace Dispatch.Tests.Kernel;

/// <summary>An io_uring with no loop around it.</summary>
internal sealed class RawRing(IoUringRing ring) : RingDriver<IoUringRing>(ring)
{
    /// <summary>How long a test waits for what has to come, before it says that it did not.</summary>
    public static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    public static RawRing Create(int submissionEntries = 32, int completionEntries = 64, int workers = 4) =>
        new(IoUringRing.Create(Options(submissionEntries, completionEntries, workers)));

    /// <summary>A ring set up at a lower step of the ladder.</summary>
    public static RawRing Create(IReadOnlyList<uint> ladder, int submissionEntries = 32, int completionEntries = 64) =>
        new(IoUringRing.Create(Options(submissionEntries, completionEntries, 4), ladder));

    public static EventLoopOptions Options(int submissionEntries, int completionEntries, int workers) =>
        new() { SubmissionEntries = submissionEntries, CompletionEntries = completionEntries, MaxKernelWorkers = workers };

    /// <summary>A NOP with this tag.</summary>
    public static SubmissionEntry Nop(ulong tag) => new() { Opcode = Opcode.Nop, Fd = -1, UserData = tag };

    /// <summary>Submits and lets completions appear, without waiting.</summary>
    public int Enter() => Ring.Enter(0, -1);

    /// <summary>Cancels a request by its tag and takes both answers, whichever comes first. Returns the request's result.</summary>
    public int CancelAndReap(ulong tag)
    {
        const ulong CancelTag = ulong.MaxValue;
        Stage(new SubmissionEntry { Opcode = Opcode.AsyncCancel, Fd = -1, Address = tag, UserData = CancelTag });
        int? result = null;
        bool answered = false;
        while (!answered || result is null)
        {
            CompletionEntry entry = Take();
            if (entry.UserData == CancelTag)
            {
                answered = true;
            }
            else if (entry.UserData == tag && (entry.Flags & IoUringAbi.IORING_CQE_F_MORE) == 0)
            {
                result = entry.Result;
            }
        }

        return result.Value;
    }

    public override void Dispose()
    {
        if (!IsClosed)
        {
            Close();
        }

        // The kernel holds pages of its own while it has to write there, so a test's ring may be unmapped with requests in flight.
        Ring.ReleaseMemory();
    }
}
