using System.Diagnostics;

namespace Dispatch.Tests;

/// <summary>User code that blocks the loop's thread is reported, with its stack.</summary>
public sealed class BlockingWaitTests
{
    public static TheoryData<string> Waits => ["Task.Wait", "SemaphoreSlim", "ManualResetEventSlim", "lock", "Lock", "WaitHandle"];

    [Theory]
    [MemberData(nameof(Waits))]
    public void A_blocking_wait_in_a_turn_is_reported_with_the_stack_that_does_it(string wait)
    {
        List<(EventLoop Loop, string Stack)> reports = [];
        EventLoopOptions options = OnLoop.Small;
        options.BlockingWait = (loop, stack) => reports.Add((loop, stack.ToString()));
        OnLoop.Poll(
            loop =>
            {
                bool done = false;
                loop.Post(() =>
                {
                    BlockHere(wait, () => loop.Statistics.BlockingWaits > 0);
                    done = true;
                });
                OnLoop.Until(loop, () => done);
                Assert.NotEmpty(reports);
                Assert.Same(loop, reports[0].Loop);
                Assert.Contains(nameof(BlockHere), reports[0].Stack, StringComparison.Ordinal);
                Assert.Equal(reports.Count, loop.Statistics.BlockingWaits);
            },
            options);
    }

    [Fact]
    public void What_does_not_block_is_not_reported() => OnLoop.Run(async loop =>
    {
        using SemaphoreSlim semaphore = new(1);
        semaphore.Wait();
        semaphore.Release();
        await Task.Delay(1);
        Task.CompletedTask.Wait();
        using ManualResetEvent never = new(false);
        Assert.False(never.WaitOne(1)); // As long as a lock of the runtime's may be held by somebody else.
        object sync = new();
        lock (sync)
        {
            Task.CompletedTask.GetAwaiter().GetResult();
        }

        Assert.Equal(0, loop.Statistics.BlockingWaits);
    });

    [Fact]
    public void A_blocking_wait_outside_a_turn_is_the_threads_own_affair() => OnLoop.Poll(loop =>
    {
        BlockHere("Task.Wait", () => true);
        Assert.Equal(0, loop.Statistics.BlockingWaits);
    });

    /// <summary>Blocks until another thread, that acts only once the wait was reported, lets go.</summary>
    private static void BlockHere(string wait, Func<bool> reported)
    {
        switch (wait)
        {
            case "Task.Wait":
                TaskCompletionSource task = new();
                WhenBlocked(reported, task.SetResult);
                task.Task.Wait();
                break;
            case "SemaphoreSlim":
                using (SemaphoreSlim semaphore = new(0))
                {
                    WhenBlocked(reported, () => semaphore.Release());
                    semaphore.Wait();
                }

                break;
            case "ManualResetEventSlim":
                using (ManualResetEventSlim set = new())
                {
                    WhenBlocked(reported, set.Set);
                    set.Wait();
                }

                break;
            case "WaitHandle":
                using (ManualResetEvent handle = new(false))
                {
                    WhenBlocked(reported, () => handle.Set());
                    handle.WaitOne();
                }

                break;
            case "lock":
                object sync = new();
                Hold(reported, () => Monitor.Enter(sync), () => Monitor.Exit(sync));
                lock (sync)
                {
                    Trace.Assert(true);
                }

                break;
            default:
                Lock newer = new();
                Hold(reported, newer.Enter, newer.Exit);
                lock (newer)
                {
                    Trace.Assert(true);
                }

                break;
        }
    }

    private static void Hold(Func<bool> reported, Action enter, Action exit)
    {
        using ManualResetEventSlim held = new();
        Thread holder = new(() =>
        {
            enter();
            held.Set();
            SpinWait.SpinUntil(reported, OnLoop.Guard);
            exit();
        });
        holder.UnsafeStart();
        SpinWait spin = default;
        while (!held.IsSet)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    private static void WhenBlocked(Func<bool> reported, Action release) => new Thread(() =>
    {
        SpinWait.SpinUntil(reported, OnLoop.Guard);
        release();
    }).UnsafeStart();
}
