using System.Runtime.ExceptionServices;

namespace Dispatch.Reactive.Tests;

/// <summary>Runs a test on a thread that owns a loop on this system's kernel. What goes wrong on the loop unasked fails the test.</summary>
internal sealed class TestLoop
{
    /// <summary>Guards against hanging only: no test depends on time.</summary>
    public static readonly TimeSpan Guard = TimeSpan.FromSeconds(120);

    private readonly List<Exception> faults = [];

    private TestLoop(EventLoop loop) => Loop = loop;

    public EventLoop Loop { get; }

    /// <summary>Runs a test that polls by itself.</summary>
    public static void Run(Action<TestLoop> test, Action<EventLoopOptions>? configure = null) => OnThread(() =>
    {
        TestLoop? host = null;
        EventLoopOptions options = new()
        {
            SubmissionEntries = 64,
            CompletionEntries = 256,
            UnhandledException = fault =>
            {
                host!.faults.Add(fault.Exception);
                return UnhandledExceptionAction.Continue;
            },
        };
        configure?.Invoke(options);
        using (EventLoop loop = EventLoop.Attach(options))
        {
            host = new TestLoop(loop);
            test(host);
        }

        Assert.Empty(host.faults.Select(f => f.ToString()));
    });

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

    /// <summary>Polls until a condition holds.</summary>
    public void Until(Func<bool> condition)
    {
        long start = Environment.TickCount64;
        while (!condition())
        {
            Loop.Poll();
            Assert.True(Environment.TickCount64 - start < Guard.TotalMilliseconds, "What was polled for did not come.");
        }
    }

    /// <summary>Polls until there is nothing to do.</summary>
    public void Settle()
    {
        while (Loop.Poll() != 0)
        {
        }
    }

    /// <summary>Takes the faults so far: the test expects them.</summary>
    public IReadOnlyList<Exception> TakeFaults()
    {
        List<Exception> taken = [.. faults];
        faults.Clear();
        return taken;
    }
}
