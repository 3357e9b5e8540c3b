using System.Collections.Concurrent;

namespace Dispatch.Tests;

/// <summary>Loops for one test, on the real kernel. What goes wrong on them unasked, or will not end with them, fails the test.</summary>
internal sealed class LoopHost
{
    /// <summary>Guards against hanging only: no test depends on time.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(180);

    private readonly ConcurrentQueue<LoopFault> faults = new();

    private LoopHost(int loops, Action<DispatcherOptions>? configure)
    {
        DispatcherOptions options = new()
        {
            Kernel = TestKernel.Kind,
            LoopCount = loops,
            UnhandledException = fault =>
            {
                faults.Enqueue(fault);
                return UnhandledExceptionAction.Continue;
            },
        };
        configure?.Invoke(options);
        Dispatcher = Dispatcher.Create(options);
    }

    public Dispatcher Dispatcher { get; }

    public EventLoop Loop => Dispatcher.Loops[0];

    /// <summary>Runs the body on a loop of its own.</summary>
    public static Task OnLoop(Func<EventLoop, Task> body, Action<DispatcherOptions>? configure = null) =>
        Around(host => host.Loop.InvokeAsync(() => body(host.Loop)), 1, configure);

    /// <summary>Runs the body off the loops, with one loop there.</summary>
    public static Task Beside(Func<EventLoop, Task> body, Action<DispatcherOptions>? configure = null) =>
        Around(host => Task.Run(() => body(host.Loop)), 1, configure);

    /// <summary>Runs the body off the loops.</summary>
    public static async Task Around(Func<LoopHost, Task> body, int loops, Action<DispatcherOptions>? configure = null)
    {
        LoopHost host = new(loops, configure);
        try
        {
            await body(host).WaitAsync(Limit).ConfigureAwait(false);
        }
        finally
        {
            DrainReport report = await host.Dispatcher.DrainAsync(TimeSpan.Zero).WaitAsync(Limit).ConfigureAwait(false);
            Assert.Empty(report.Unfinished);
        }

        Assert.Empty(host.faults.Select(f => f.Exception.ToString()));
        Assert.All(host.Dispatcher.Loops, l => Assert.Equal(0, l.Statistics.Late));
    }

    /// <summary>Takes the faults so far: the test expects them.</summary>
    public IReadOnlyList<Exception> TakeFaults()
    {
        List<Exception> taken = [];
        while (faults.TryDequeue(out LoopFault? fault))
        {
            taken.Add(fault.Exception);
        }

        return taken;
    }
}
