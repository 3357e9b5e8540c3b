using System.Net;

namespace Dispatch;

/// <summary>
/// The event loops of a process: makes them, places them on CPUs, routes work to them, drains them. All members work from any thread.
/// </summary>
/// <example>
/// <code>
/// await using var dispatcher = Dispatcher.Create();
/// await dispatcher.RunAsync(async () =&gt; Console.WriteLine(await EventLoop.Current!.ExecuteAsync(IoRequest.Nop())));
/// </code>
/// </example>
public sealed class Dispatcher : IAsyncDisposable
{
    private static readonly Lazy<bool> Supported = new(static () => KernelSupport.Check().IsSupported);

    private readonly EventLoop[] loops;
    private readonly CancellationTokenSource stopping = new();
    private readonly DispatcherOptions options;
    private readonly Lock sync = new();
    private readonly List<Server> servers = [];
    private int next = -1;
    private Task<DrainReport>? draining;

    private Dispatcher(DispatcherOptions options, EventLoop[] loops, StallWatchdog? watchdog)
    {
        Watchdog = watchdog;
        this.options = options;
        this.loops = loops;
        Stopping = stopping.Token;
        Completed = Task.WhenAll(loops.Select(l => l.Completed));
    }

    /// <summary>Gets a value indicating whether this system can run Dispatch, as it was when it was first asked; <see cref="KernelSupport.Check"/> asks anew and says why not.</summary>
    public static bool IsSupported => Supported.Value;

    /// <summary>Gets the loops.</summary>
    public IReadOnlyList<EventLoop> Loops => loops;

    /// <summary>Gets a token that is cancelled when a drain begins: stop taking on work.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Gets the last stalls, newest first, up to 32; see <see cref="EventLoopOptions.StallThreshold"/>. One that goes on is among them, and is told anew when it has ended.</summary>
    public IReadOnlyList<LoopStall> RecentStalls => Watchdog?.Recent ?? [];

    /// <summary>Gets a task that ends when all loops have stopped; it fails when an exception stopped one.</summary>
    public Task Completed { get; }

    /// <summary>Gets what looks at the loops, or null when nobody asked for it.</summary>
    internal StallWatchdog? Watchdog { get; }

    /// <summary>Makes and starts the loops.</summary>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <returns>The dispatcher; dispose it.</returns>
    /// <exception cref="KernelUnavailableException">No ring could be had; the message says why and what to do.</exception>
    public static Dispatcher Create(DispatcherOptions? options = null)
    {
        DispatcherOptions chosen = options ?? new DispatcherOptions();
        chosen.Validate();
        PlacementPlan plan = PlacementPlan.Create(chosen.Placement, chosen.LoopCount, chosen.Cpus);
        List<EventLoop> started = [];
        StallWatchdog? watchdog;
        try
        {
            for (int i = 0; i < plan.LoopCount; i++)
            {
                string name = chosen.Name is null ? $"dispatch-{i}" : $"{chosen.Name}-{i}";
                CpuSet? cpus = plan.CpuOf(i) is int cpu ? CpuSet.Create(cpu) : null;
                EventLoopOptions own = chosen.CopyFor(name);
                started.Add(LoopLife.Start(own, cpus));
            }

            watchdog = StallWatchdog.Start(started, chosen);
        }
        catch
        {
            foreach (EventLoop loop in started)
            {
                loop.RequestStop(null);
            }

            // They hold nothing yet and end at once. What they took is free again when the caller hears of the failure, and tries with fewer.
            foreach (EventLoop loop in started)
            {
                Task.WaitAny(loop.Completed);
            }

            throw;
        }

        return new Dispatcher(chosen, [.. started], watchdog);
    }

    /// <summary>Picks the next loop in turn.</summary>
    /// <returns>The loop.</returns>
    public EventLoop NextLoop() => loops[(uint)Interlocked.Increment(ref next) % (uint)loops.Length];

    /// <summary>Picks the loop that owns a key: always the same one for the same key and number of loops, on every machine.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The loop.</returns>
    public EventLoop LoopFor(long key) => loops[RoutingKey.LoopOf(key, loops.Length)];

    /// <summary>Picks the loop that owns a key.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The loop.</returns>
    public EventLoop LoopFor(ReadOnlySpan<char> key) => loops[RoutingKey.LoopOf(key, loops.Length)];

    /// <summary>Picks the loop that owns a key.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The loop.</returns>
    public EventLoop LoopFor(ReadOnlySpan<byte> key) => loops[RoutingKey.LoopOf(key, loops.Length)];

    /// <summary>Runs a program's main part on a loop and awaits it.</summary>
    /// <param name="main">The code; its awaits stay on the loop.</param>
    /// <returns>A task that ends with it.</returns>
    public Task RunAsync(Func<Task> main) => NextLoop().InvokeAsync(main);

    /// <summary>Runs a program's main part on a loop and awaits its result.</summary>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="main">The code; its awaits stay on the loop.</param>
    /// <returns>Its result.</returns>
    public Task<T> RunAsync<T>(Func<Task<T>> main) => NextLoop().InvokeAsync(main);

    /// <summary>
    /// Serves an address: every accepted connection runs the handler on the loop that owns it, and is closed when the handler ends. An error of the connection itself ends only that connection and is counted;
    /// other exceptions go to <see cref="EventLoopOptions.UnhandledException"/>.
    /// </summary>
    /// <param name="endPoint">An IP or Unix-domain end point; port 0 lets the system choose.</param>
    /// <param name="handler">What to do with a connection. The token is cancelled when the server stops: stop receiving, finish, return.</param>
    /// <param name="listenOptions">Options, or null for the defaults.</param>
    /// <returns>The running server.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">The address is in use, or forbidden.</exception>
    public Server Serve(EndPoint endPoint, Func<Connection, CancellationToken, Task> handler, ListenerOptions? listenOptions = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        ArgumentNullException.ThrowIfNull(handler);
        lock (sync)
        {
            ObjectDisposedException.ThrowIf(draining is not null, this);
            Server server = Server.Start(loops, endPoint, handler, listenOptions ?? new ListenerOptions());
            servers.Add(server);
            return server;
        }
    }

    /// <summary>
    /// Ends gracefully: servers stop accepting, <see cref="Stopping"/> is cancelled, and work in flight may finish until the deadline; then it is cancelled, every terminal completion is reaped, and the loops end.
    /// </summary>
    /// <param name="deadline">How long work may go on.</param>
    /// <returns>How it went, with the names of what would not end.</returns>
    public Task<DrainReport> DrainAsync(TimeSpan deadline)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(deadline, TimeSpan.Zero);
        lock (sync)
        {
            return draining ??= DispatcherDrain.RunAsync(loops, servers, stopping, deadline);
        }
    }

    /// <summary>Drains with the time of <see cref="DispatcherOptions.DrainTimeout"/>.</summary>
    /// <returns>A task that ends when the loops have ended.</returns>
    public async ValueTask DisposeAsync()
    {
        await DrainAsync(options.DrainTimeout).ConfigureAwait(false);
        stopping.Dispose();
    }

    /// <summary>Makes a dispatcher of loops that somebody else drives.</summary>
    internal static Dispatcher Of(DispatcherOptions options, EventLoop[] loops) => new(options, loops, null);
}
