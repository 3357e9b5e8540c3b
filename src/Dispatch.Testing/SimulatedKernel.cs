using System.Net;

namespace Dispatch.Testing;

/// <summary>
/// A machine in memory: files, sockets, pipes, timers and time, behind the same seam as Linux, from a seed. A scenario makes loops or a dispatcher on it, runs the code under test there, and plays the outside world: clients,
/// servers, crashes. Everything happens on the calling thread, in virtual time, in an order that the seed decides; the same seed does the same again.
/// </summary>
/// <remarks>
/// Code under test stays inside as long as it awaits Dispatch, its own tasks, or timers of <see cref="TimeProvider"/>. What it sends to the thread pool (<c>Task.Run</c>, <c>ConfigureAwait(false)</c> on a task that a loop
/// completes) or to the real clock leaves the simulation, which reports it where it sees it come back. All members belong to the simulation's thread.
/// </remarks>
/// <example>
/// <code>
/// SimulatedKernel.RunMany(10_000, async kernel =&gt;
/// {
///     Dispatcher dispatcher = kernel.CreateDispatcher();
///     Server server = dispatcher.Serve(new IPEndPoint(IPAddress.Loopback, 7000), EchoAsync);
///     SimulatedPeer client = await kernel.ConnectAsync(7000);
///     await client.SendAsync("hello"u8.ToArray());
///     kernel.Check((await client.ReceiveAsync(5)).AsSpan().SequenceEqual("hello"u8), "The echo differs.");
///     client.Close();
/// });
/// </code>
/// </example>
public sealed class SimulatedKernel
{
    private readonly SimulationRunner runner;
    private readonly LiveTimer? live;
    private readonly int thread = Environment.CurrentManagedThreadId;
    private long now;
    private ulong sockets;

    internal SimulatedKernel(long seed, SimulationOptions options, FaultMask mask, SimulationTally tally, SimulationStore? store)
    {
        Seed = seed;
        Options = options;
        IsStepped = store is not null;
        Tally = tally;
        ulong state = (ulong)seed;
        Chance = new SeededRandom(state ^ 0x5851f42d4c957f2d);
        Random = new Random((int)(uint)(state ^ (state >> 32)));
        Faults = new FaultSource(state ^ 0x14057b7ef767814f, options.Faults, mask, tally) { Record = store?.Faults };
        Trace = new TraceLog(store?.Trace ?? new TraceEntry[options.TraceLength]);
        Clock = new VirtualClock(this);
        Script = new SimulationContext(this);
        OffLoop = new SimulatedOffLoop(this);
        Calls = new SimulatedCalls(this);
        Descriptors = new DescriptorTable(options.DescriptorLimit);
        Network = new Network(this);
        Files = new FileSystem(this, options.DiskBytes);
        Paths = new PathCalls(this);
        Disk = new SimulatedDisk(this);
        live = IsStepped ? null : new LiveTimer(this);
        runner = new SimulationRunner(this);
    }

    /// <summary>Gets the seed.</summary>
    public long Seed { get; }

    /// <summary>Gets random numbers for the scenario, from the seed.</summary>
    public Random Random { get; }

    /// <summary>Gets the machine's clock. Its timers call back outside all loops.</summary>
    public TimeProvider TimeProvider => Clock;

    /// <summary>Gets how much virtual time has passed.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(Now / 100);

    /// <summary>Gets the machine's files.</summary>
    public SimulatedDisk Disk { get; }

    /// <summary>Gets how many descriptors are open.</summary>
    public int OpenDescriptors => Descriptors.Count;

    internal SimulationOptions Options { get; }

    internal object Gate { get; } = new();

    internal SeededRandom Chance { get; }

    internal FaultSource Faults { get; }

    internal EventQueue Events { get; } = new();

    internal TraceLog Trace { get; }

    internal VirtualClock Clock { get; }

    internal SimulationContext Script { get; }

    internal SimulatedOffLoop OffLoop { get; }

    internal SimulatedCalls Calls { get; }

    internal DescriptorTable Descriptors { get; }

    internal Network Network { get; }

    internal FileSystem Files { get; }

    internal PathCalls Paths { get; }

    internal Futexes Futexes { get; } = new();

    internal SimulationRunner Runner => runner;

    /// <summary>Gets a value indicating whether loops are stepped on one thread; else they have threads of their own, and real time.</summary>
    internal bool IsStepped { get; }

    internal bool IsOwnThread => Environment.CurrentManagedThreadId == thread;

    internal bool IsCrashing { get; set; }

    /// <summary>Gets or sets what is put between a loop that is made and its ring: for tests of the seam.</summary>
    internal Func<KernelRing, KernelRing>? RingDecorator { get; set; }

    internal long Requests { get; private set; }

    internal long Completions { get; private set; }

    internal SimulationTally Tally { get; }

    /// <summary>Gets or sets the time in nanoseconds.</summary>
    internal long Now
    {
        get => live?.Now ?? now;
        set => now = value;
    }

    /// <summary>Makes a kernel for loops that have threads of their own: in real time, and so not repeatable. <see cref="Apply"/> puts loops on it.</summary>
    /// <param name="options">Options, or null for a machine without faults.</param>
    /// <param name="seed">The seed of the faults.</param>
    /// <returns>The kernel.</returns>
    public static SimulatedKernel CreateLive(SimulationOptions? options = null, long seed = 1)
    {
        SimulationOptions chosen = options ?? new SimulationOptions { Faults = FaultPlan.None };
        chosen.Validate();
        return new SimulatedKernel(seed, chosen, FaultMask.Nothing, new SimulationTally(), store: null);
    }

    /// <summary>Runs a scenario once.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="scenario">The scenario; the run ends with it.</param>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <returns>What happened.</returns>
    /// <exception cref="SimulationException">It failed, an invariant was broken, or it did not end; the message has the seed and the last events.</exception>
    public static SimulationReport Run(long seed, Func<SimulatedKernel, Task> scenario, SimulationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        return SimulationSeries.RunOne(seed, scenario, Chosen(options));
    }

    /// <summary>Runs a scenario with many seeds, one after the other, up to the first that fails.</summary>
    /// <param name="count">How many.</param>
    /// <param name="scenario">The scenario.</param>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <param name="firstSeed">The first seed; the others follow by one.</param>
    /// <returns>What happened, over all seeds.</returns>
    /// <exception cref="SimulationException">A seed failed; the message has the seed, the last events and the faults that it takes.</exception>
    public static SimulationReport RunMany(int count, Func<SimulatedKernel, Task> scenario, SimulationOptions? options = null, long firstSeed = 1)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return SimulationSeries.RunMany(count, scenario, Chosen(options), firstSeed);
    }

    /// <summary>Puts loops that will be made with these options on this kernel. For <see cref="CreateLive"/>.</summary>
    /// <param name="options">The options of a loop or a dispatcher.</param>
    public void Apply(EventLoopOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.KernelRingFactory = () =>
        {
            lock (Gate)
            {
                return new SimulatedRing(this, runner.Loops.NextNumber(), options);
            }
        };
    }

    /// <summary>Makes a loop, which the simulation steps until the scenario ends or the loop is disposed.</summary>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <returns>The loop.</returns>
    public EventLoop CreateLoop(EventLoopOptions? options = null) => runner.Loops.Create(options ?? new EventLoopOptions());

    /// <summary>Makes a dispatcher, whose loops the simulation steps. Placement on CPUs means nothing here.</summary>
    /// <param name="loopCount">The number of loops.</param>
    /// <param name="options">Options, or null for the defaults.</param>
    /// <returns>The dispatcher. It need not be disposed: the scenario's end drains it.</returns>
    public Dispatcher CreateDispatcher(int loopCount = 1, DispatcherOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(loopCount, 1);
        return runner.Loops.CreateDispatcher(loopCount, options ?? new DispatcherOptions());
    }

    /// <summary>Connects a peer of the script to a TCP port of the machine.</summary>
    /// <param name="port">The port.</param>
    /// <returns>The peer.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">Nobody listens there.</exception>
    public Task<SimulatedPeer> ConnectAsync(int port) => ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));

    /// <summary>Connects a peer of the script to an address of the machine.</summary>
    /// <param name="endPoint">An IP or Unix-domain end point.</param>
    /// <returns>The peer.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">Nobody listens there.</exception>
    public Task<SimulatedPeer> ConnectAsync(EndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return runner.Peers.ConnectAsync(endPoint);
    }

    /// <summary>Listens for connections that the code under test makes.</summary>
    /// <param name="endPoint">An IP or Unix-domain end point.</param>
    /// <returns>The listener.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">The address is in use.</exception>
    public SimulatedListener Listen(EndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return runner.Peers.Listen(endPoint);
    }

    /// <summary>Makes a pipe. <c>pipe(2)</c>.</summary>
    /// <returns>The descriptors of its two ends.</returns>
    public (int Reader, int Writer) CreatePipe()
    {
        (PipeEnd reader, PipeEnd writer) = PipeBuffer.Create(this);
        return (Descriptors.Add(reader), Descriptors.Add(writer));
    }

    /// <summary>Makes a counter. <c>eventfd(2)</c>.</summary>
    /// <param name="value">What it counts from.</param>
    /// <param name="isSemaphore">Whether a read takes one instead of all.</param>
    /// <returns>Its descriptor.</returns>
    public int CreateEventCounter(long value = 0, bool isSemaphore = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        return Descriptors.Add(new EventDescription(this, (ulong)value, isSemaphore));
    }

    /// <summary>Makes two connected Unix-domain stream sockets. <c>socketpair(2)</c>.</summary>
    /// <returns>Their descriptors.</returns>
    public (int First, int Second) CreateSocketPair()
    {
        StreamSocket first = new(this, SimulatedAddress.Unix) { Flags = 2 };
        StreamSocket second = new(this, SimulatedAddress.Unix) { Flags = 2 };
        StreamSocket.Join(first, second);
        return (Descriptors.Add(first), Descriptors.Add(second));
    }

    /// <summary>Closes a descriptor. <c>close(2)</c>.</summary>
    /// <param name="descriptor">The descriptor.</param>
    public void Close(int descriptor)
    {
        if (Calls.Close(descriptor) < 0)
        {
            throw new InvalidOperationException($"Descriptor {descriptor} is not open.");
        }
    }

    /// <summary>Waits for a span of virtual time.</summary>
    /// <param name="delay">The time.</param>
    /// <returns>A task that ends then.</returns>
    public Task DelayAsync(TimeSpan delay) => Task.Delay(delay, Clock);

    /// <summary>
    /// The machine loses its power and starts again: what was not synced is lost, or there in part; connections, descriptors and loops are gone, and their code sees cancellation. New loops can be made.
    /// </summary>
    public void Crash() => runner.Crash();

    /// <summary>Fails the run unless a condition holds.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="message">What is wrong when it does not.</param>
    public void Check(bool condition, string message)
    {
        if (!condition)
        {
            Trace.Add(TraceKind.Violation, Now, text: message);
            throw new SimulationCheckException(message);
        }
    }

    /// <summary>Writes a line into the trace.</summary>
    /// <param name="text">The line.</param>
    public void Note(string text) => Trace.Add(TraceKind.Note, Now, text: text);

    internal ulong NextSocketNumber() => ++sockets;

    internal long DrawDelay()
    {
        long most = Options.MaxDelay.Ticks * 100;
        return most == 0 ? 0 : 1 + Faults.Below(most);
    }

    internal void CountBegin(Opcode opcode)
    {
        Requests++;
        Tally.Requests[(int)opcode]++;
    }

    internal void CountCompletion() => Completions++;

    /// <summary>An invariant is broken: the run fails.</summary>
    internal void Violate(string message)
    {
        Trace.Add(TraceKind.Violation, Now, text: message);
        runner.Fail(new SimulationCheckException(message));
    }

    /// <summary>Something came from a thread that is not the simulation's.</summary>
    internal void NoteThread()
    {
        if (IsStepped && !IsOwnThread)
        {
            runner.Fail(new SimulationCheckException(
                "Code left the simulation and came back on another thread, at a time that no seed decides. Task.Run, ConfigureAwait(false) on a task, Task.Delay without the kernel's TimeProvider and blocking threads do that.\n" + Environment.StackTrace));
        }
    }

    internal int Wait(SimulatedRing ring, long timeoutNanoseconds) => live is { } timer ? timer.Wait(ring, timeoutNanoseconds) : runner.WaitNested(timeoutNanoseconds);

    internal void ArmLiveTimer() => live?.Arm();

    private static SimulationOptions Chosen(SimulationOptions? options)
    {
        SimulationOptions chosen = options ?? new SimulationOptions();
        chosen.Validate();
        return chosen;
    }
}
