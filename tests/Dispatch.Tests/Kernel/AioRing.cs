using System.Diagnostics;

namespace Dispatch.Tests.Kernel;

/// <summary>A Linux AIO ring with no loop around it, driven by the test's own thread.</summary>
internal sealed class AioRing : IDisposable
{
    private bool closed;

    private AioRing(LinuxAioRing ring) => Ring = ring;

    public LinuxAioRing Ring { get; }

    public static AioRing Create(int submissionEntries = 32, int completionEntries = 64, int workers = 4) =>
        new(LinuxAioSetup.Create(RawRing.Options(submissionEntries, completionEntries, workers)));

    public unsafe void Stage(in SubmissionEntry entry)
    {
        SubmissionEntry* slot = Ring.Submissions.TryTake();
        Assert.True(slot != null, "The submission queue is full.");
        *slot = entry;
    }

    public void Enter() => Assert.InRange(Ring.Enter(0, -1), 0, int.MaxValue);

    public bool TryTake(out CompletionEntry entry)
    {
        bool taken = Ring.Completions.TryTake(out entry);
        Ring.Completions.Release();
        return taken;
    }

    /// <summary>Submits what is staged and waits for one completion.</summary>
    public CompletionEntry Take()
    {
        long start = Stopwatch.GetTimestamp();
        CompletionEntry entry;
        while (!TryTake(out entry))
        {
            if (closed)
            {
                Assert.True(SpinWait.SpinUntil(() => Ring.Completions.HasEntries, RawRing.Guard), "No completion came after the close.");
                continue;
            }

            int result = Ring.Enter(1, (long)RawRing.Guard.TotalNanoseconds);
            Assert.True(result >= 0 || result is -Errno.EINTR or -Errno.ETIME, $"The enter failed with {Errno.Name(-result)}.");
            Assert.True(Stopwatch.GetElapsedTime(start) < RawRing.Guard, "No completion came.");
        }

        return entry;
    }

    public int Do(in SubmissionEntry entry)
    {
        Stage(entry);
        return Take().Result;
    }

    public Dictionary<ulong, int> TakeMany(int count)
    {
        Dictionary<ulong, int> results = [];
        for (int i = 0; i < count; i++)
        {
            CompletionEntry entry = Take();
            Assert.True(results.TryAdd(entry.UserData, entry.Result), $"Tag {entry.UserData} completed twice.");
        }

        return results;
    }

    public void Close()
    {
        closed = true;
        Ring.Close(fromOwner: true);
    }

    public void Dispose()
    {
        if (!closed)
        {
            Close();
        }

        Assert.True(SpinWait.SpinUntil(() => Ring.Requests.Live == 0, RawRing.Guard), "A request did not end with its ring.");
        Ring.ReleaseMemory();
    }
}
