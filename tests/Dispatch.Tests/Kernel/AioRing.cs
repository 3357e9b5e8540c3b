namespace Dispatch.Tests.Kernel;

/// <summary>A Linux AIO ring with no loop around it.</summary>
internal sealed class AioRing(LinuxAioRing ring) : RingDriver<LinuxAioRing>(ring)
{
    public static AioRing Create(int submissionEntries = 32, int completionEntries = 64, int workers = 4) =>
        new(LinuxAioSetup.Create(RawRing.Options(submissionEntries, completionEntries, workers)));

    public void Enter() => Assert.InRange(Ring.Enter(0, -1), 0, int.MaxValue);

    /// <inheritdoc/>
    public override CompletionEntry Take()
    {
        // A closed ring is entered no more: what ends after the close is put there by whichever thread it ends on.
        Assert.True(!IsClosed || SpinWait.SpinUntil(() => Ring.Completions.HasEntries, RawRing.Guard), "No completion came after the close.");
        return base.Take();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (!IsClosed)
        {
            Close();
        }

        Assert.True(SpinWait.SpinUntil(() => Ring.Requests.Live == 0, RawRing.Guard), "A request did not end with its ring.");
        Ring.ReleaseMemory();
    }
}
