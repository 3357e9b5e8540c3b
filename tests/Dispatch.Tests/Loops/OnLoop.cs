using System.Runtime.ExceptionServices;

namespace Dispatch.Tests;

/// <summary>Runs a test on a thread that owns a loop. Exceptions that reach the loop's policy fail the test, unless it has a policy of its own.</summary>
internal static class OnLoop
{
    /// <summary>How long anything may take before the test is given up. A guard against hanging, never a measure.</summary>
    public static readonly TimeSpan Guard = TimeSpan.FromSeconds(180);

    /// <summary>Options for many small loops.</summary>
    public static EventLoopOptions Small => new() { Kernel = TestKernel.Kind, SubmissionEntries = 64, CompletionEntries = 256 };

    /// <summary>Runs a test that polls by itself.</summary>
    public static void Poll(Action<EventLoop> test, EventLoopOptions? options = null)
    {
        EventLoopOptions chosen = options ?? Small;
        List<Exception> faults = [];
        chosen.UnhandledException ??= fault =>
        {
            faults.Add(fault.Exception);
            return UnhandledExceptionAction.Continue;
        };
        OnThread(() =>
        {
            using EventLoop loop = EventLoop.Attach(chosen);
            test(loop);
        });
        Assert.Empty(faults);
    }

    /// <summary>Runs an asynchronous test on the loop, which is driven until the test ends.</summary>
    public static void Run(Func<EventLoop, Task> test, EventLoopOptions? options = null) => Poll(loop => Drive(loop, () => test(loop)), options);

    /// <summary>Runs an asynchronous part of a test on an attached loop, which is driven until that ends.</summary>
    public static void Drive(EventLoop loop, Func<Task> part)
    {
        using CancellationTokenSource done = new(Guard * 0.8);
        Task task = loop.InvokeAsync(part);
        task.ContinueWith(_ => done.Cancel(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        loop.Run(done.Token);
        Assert.True(task.IsCompleted, "The test did not end.");
        task.GetAwaiter().GetResult();
    }

    /// <summary>Polls until a condition holds.</summary>
    public static void Until(EventLoop loop, Func<bool> condition)
    {
        long start = Environment.TickCount64;
        while (!condition())
        {
            loop.Poll();
            Assert.True(Environment.TickCount64 - start < Guard.TotalMilliseconds, "What was polled for did not come.");
        }
    }

    /// <summary>Takes the next raw completion.</summary>
    public static Completion Take(EventLoop loop)
    {
        Completion taken = default;
        long start = Environment.TickCount64;
        while (!loop.TryTake(out taken))
        {
            Assert.True(Environment.TickCount64 - start < Guard.TotalMilliseconds, "No completion came.");
        }

        return taken;
    }

    /// <summary>Runs code on a thread of its own and waits for its end.</summary>
    public static void OnThread(Action code)
    {
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                code();
            }
            catch (Exception e)
            {
                failure = e;
            }
        })
        {
            IsBackground = true,
        };
        thread.UnsafeStart();
        Assert.True(thread.Join(Guard * 1.5), "The thread of the test did not end.");
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>Waits for a condition that another thread brings about.</summary>
    public static void Await(Func<bool> condition, string what) => Assert.True(SpinWait.SpinUntil(condition, Guard), $"{what} did not come.");
}
