using System.Reactive.Concurrency;

namespace Dispatch.Reactive.Tests;

/// <summary>A thread for sources, as a scheduler.</summary>
internal sealed class FuzzThread : IDisposable
{
    private readonly EventLoopScheduler scheduler = new();

    public IScheduler Scheduler => scheduler;

    /// <summary>Waits for what was scheduled so far.</summary>
    public void Join()
    {
        using ManualResetEventSlim done = new();
        scheduler.Schedule(done.Set);
        Assert.True(done.Wait(TestLoop.Guard));
    }

    public void Dispose() => scheduler.Dispose();
}
