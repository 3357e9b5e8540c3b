using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Dispatch.Conformance;

/// <summary>
/// One run of one scenario: a kernel's things (files, pipes, sockets), and a loop on it that belongs to the calling thread. The loop is made at its first use; everything goes
/// with the run.
/// </summary>
public abstract class World : IDisposable
{
    /// <summary>How long anything may take before the run is given up. A guard against hanging, never a measure.</summary>
    internal static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    private const int DatagramCloseOnExec = 2 | 0x80000;

    private readonly Scenario scenario;
    private readonly List<Exception> faults = [];
    private readonly List<Dispatcher> others = [];
    private EventLoop? loop;

    private protected World(Scenario scenario)
    {
        this.scenario = scenario;
        Faults = new SeamFaults();
    }

    /// <summary>Gets the loop.</summary>
    public EventLoop Loop => loop ??= CreateLoop(OptionsFor(scenario.Options));

    /// <summary>Gets the seed of the run; 0 on a kernel that has none.</summary>
    public virtual int Seed => 0;

    /// <summary>Gets a value indicating whether somebody else drives the loop, and ends it.</summary>
    internal virtual bool IsDriven => false;

    /// <summary>Gets the calls that this kernel takes beside its rings.</summary>
    internal abstract KernelCalls Calls { get; }

    /// <summary>Gets what the seam is to do wrong between the loop and its kernel.</summary>
    internal SeamFaults Faults { get; }

    /// <summary>Gets the exceptions that reached the loop's policy.</summary>
    internal IReadOnlyList<Exception> Reported => faults;

    /// <summary>Gets the path of a name in the folder of this run.</summary>
    public abstract string this[string name] { get; }

    /// <summary>Bytes that differ from place to place and from seed to seed.</summary>
    public static byte[] Pattern(int length, int seed = 1)
    {
        byte[] data = new byte[length];
        for (uint i = 0, state = ((uint)seed * 2_654_435_761) + 1; i < length; i++)
        {
            state = (state * 1_664_525) + 1_013_904_223;
            data[i] = (byte)(state >> 24);
        }

        return data;
    }

    /// <summary>Says how often to repeat what is repeated to meet races: as given where only luck brings them, a few times where the seed does.</summary>
    public virtual int Rounds(int count) => count;

    /// <summary>Makes two connected stream sockets.</summary>
    public abstract (int First, int Second) SocketPair();

    /// <summary>Makes a pipe.</summary>
    public abstract (int ReadEnd, int WriteEnd) Pipe();

    /// <summary>Makes a listening stream socket and tells its address.</summary>
    public (int Number, EndPoint EndPoint) Listen()
    {
        int number = SocketCalls.Listen(Calls, new IPEndPoint(IPAddress.Loopback, 0), new ListenerOptions(), reusePort: false);
        return (number, SocketCalls.NameOf(Calls, number)!);
    }

    /// <summary>Makes a datagram socket with an address of its own: on IPv4, or a Unix-domain name that is no path.</summary>
    public unsafe (int Number, EndPoint EndPoint) Datagram(AddressFamily family)
    {
        EndPoint wanted = family == AddressFamily.Unix ? new UnixDomainSocketEndPoint($"\0dispatch-{Guid.NewGuid():n}") : new IPEndPoint(IPAddress.Loopback, 0);
        SocketAddress address = wanted.Serialize();
        int number = Calls.Socket((int)address.Family, DatagramCloseOnExec, 0);
        if (number < 0)
        {
            throw ErrorMap.ForSocket("socket", number);
        }

        fixed (byte* bytes = address.Buffer.Span)
        {
            Assert.Equal(0, Calls.Bind(number, bytes, address.Size));
        }

        return (number, family == AddressFamily.Unix ? wanted : SocketCalls.NameOf(Calls, number)!);
    }

    /// <summary>Names what the open descriptors are open on, of the kinds that tests open: a run leaves none behind that it did not find.</summary>
    public abstract IReadOnlySet<string> OpenDescriptors();

    /// <summary>Polled, and nothing was there: lets the kernel go on, where it does not do so by itself.</summary>
    public abstract void Idle();

    /// <summary>Runs an asynchronous part on the loop, which is driven until that ends.</summary>
    public virtual void Drive(Func<Task> part)
    {
        using CancellationTokenSource done = new(Guard);
        Task task = Loop.InvokeAsync(part);
        task.ContinueWith(_ => done.Cancel(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        Loop.Run(done.Token);
        Assert.True(task.IsCompleted, $"{scenario.Name} did not end: {Loop.Statistics}.");
        task.GetAwaiter().GetResult();
    }

    /// <summary>Polls until a condition holds.</summary>
    public void Until(Func<bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Loop.Poll() == 0 && !condition())
            {
                Idle();
            }

            Assert.True(Stopwatch.GetElapsedTime(start) < Guard, $"What was polled for did not come: {Loop.Statistics}.");
        }
    }

    /// <summary>Takes the next raw completion, without a turn.</summary>
    public Completion Take()
    {
        long start = Stopwatch.GetTimestamp();
        Completion taken;
        while (!Loop.TryTake(out taken))
        {
            Idle();
            Assert.True(Stopwatch.GetElapsedTime(start) < Guard, $"No completion came: {Loop.Statistics}.");
        }

        return taken;
    }

    /// <summary>Takes this many raw completions.</summary>
    public Completion[] Take(int count)
    {
        Completion[] all = new Completion[count];
        for (int i = 0; i < count; i++)
        {
            all[i] = Take();
        }

        return all;
    }

    /// <summary>Makes one request and returns its result; a failure is a negative errno.</summary>
    public async Task<int> Do(IoRequest request) => (int)(await Loop.CompleteAsync(request)).Result;

    /// <summary>Lets the loop make turns with a trip into the kernel each.</summary>
    public async Task Turn(int turns = 1)
    {
        for (int i = 0; i < turns; i++)
        {
            await Loop.ExecuteAsync(IoRequest.Nop());
        }
    }

    /// <summary>Makes turns until something is the case.</summary>
    public async Task TurnUntil(Func<bool> holds)
    {
        ArgumentNullException.ThrowIfNull(holds);
        while (!holds())
        {
            await Turn();
        }
    }

    /// <summary>Creates a file with this content, and closes it.</summary>
    public async Task<string> File(string name, byte[] content)
    {
        int file = await Open(name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate);
        await WriteAll(file, content, 0);
        await Close(file);
        return this[name];
    }

    /// <summary>Opens a file of the run's folder.</summary>
    public Task<int> Open(string name, OpenFlags flags) =>
        Loop.ExecuteAsync(IoRequest.OpenAt(this[name], flags | OpenFlags.CloseOnExec, UnixFileMode.UserRead | UnixFileMode.UserWrite)).AsTask();

    /// <summary>Closes a descriptor.</summary>
    public async Task Close(params int[] numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        foreach (int number in numbers)
        {
            Assert.Equal(0, await Do(IoRequest.Close(number)));
        }
    }

    /// <summary>Writes all of it.</summary>
    public async Task WriteAll(int file, ReadOnlyMemory<byte> data, long offset)
    {
        while (!data.IsEmpty)
        {
            int written = await Loop.ExecuteAsync(IoRequest.Write(file, data, offset));
            Assert.InRange(written, 1, data.Length);
            data = data[written..];
            offset += offset < 0 ? 0 : written;
        }
    }

    /// <summary>Reads a file from an offset to its end.</summary>
    public async Task<byte[]> ReadAll(int file, long offset = 0)
    {
        MemoryStream all = new();
        byte[] buffer = new byte[8192];
        int got;
        while ((got = await Loop.ExecuteAsync(IoRequest.Read(file, buffer, offset + all.Length))) != 0)
        {
            all.Write(buffer, 0, got);
        }

        return all.ToArray();
    }

    /// <summary>Reads a file of the run's folder.</summary>
    public async Task<byte[]> ReadAll(string name)
    {
        int file = await Open(name, OpenFlags.ReadOnly);
        byte[] all = await ReadAll(file);
        await Close(file);
        return all;
    }

    /// <summary>Sends all of it.</summary>
    public async Task Send(int socket, ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
        {
            int sent = await Loop.ExecuteAsync(IoRequest.Send(socket, data));
            Assert.InRange(sent, 1, data.Length);
            data = data[sent..];
        }
    }

    /// <summary>Receives exactly this many bytes.</summary>
    public async Task<byte[]> Receive(int socket, int count)
    {
        byte[] all = new byte[count];
        for (int done = 0; done < count;)
        {
            int got = await Loop.ExecuteAsync(IoRequest.Receive(socket, all.AsMemory(done)));
            Assert.InRange(got, 1, count - done);
            done += got;
        }

        return all;
    }

    /// <summary>Receives to the end of the stream.</summary>
    public async Task<byte[]> ReceiveAll(int socket)
    {
        MemoryStream all = new();
        byte[] buffer = new byte[8192];
        int got;
        while ((got = await Loop.ExecuteAsync(IoRequest.Receive(socket, buffer))) != 0)
        {
            all.Write(buffer, 0, got);
        }

        return all.ToArray();
    }

    /// <summary>Makes a connection of the loop from a descriptor.</summary>
    public Connection Connect(int number, AddressFamily family = AddressFamily.Unix) => new(Loop.Engine, new OwnedDescriptor(number), family);

    /// <summary>Makes two connections of the loop.</summary>
    public (Connection First, Connection Second) Connections()
    {
        (int first, int second) = SocketPair();
        return (Connect(first), Connect(second));
    }

    /// <summary>Makes two connections of the loop over TCP, which receive by multishots.</summary>
    public async Task<(Connection First, Connection Second)> TcpConnections()
    {
        const int StreamOnExecClosed = 1 | 0x80000;
        (int listener, System.Net.EndPoint endPoint) = Listen();
        Task<int> accept = Do(IoRequest.Accept(listener));
        int client = await Do(IoRequest.Socket(2, StreamOnExecClosed));
        Assert.Equal(0, await Do(IoRequest.Connect(client, endPoint)));
        (Connection, Connection) pair = (Connect(await accept, AddressFamily.InterNetwork), Connect(client, AddressFamily.InterNetwork));
        await Close(listener);
        return pair;
    }

    /// <summary>Makes another loop on the same kernel, that runs by itself.</summary>
    public virtual EventLoop Another()
    {
        Dispatcher dispatcher = Dispatcher.Create(DispatcherOptionsFor());
        others.Add(dispatcher);
        return dispatcher.Loops[0];
    }

    /// <summary>Disposes the loop, with all that is in flight. The next use makes a new one, on the same kernel.</summary>
    public void Restart()
    {
        if (loop is null)
        {
            return;
        }

        EventLoop ended = loop;
        loop = null;
        ended.Dispose();
        VerifyEnded(ended);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes a ring of this kernel with no loop around it.</summary>
    internal abstract KernelRing CreateRing(EventLoopOptions options);

    /// <summary>Runs the scenario, then ends its loop, and looks at what it left.</summary>
    internal void Run()
    {
        IReadOnlySet<string> before = OpenDescriptors();
        if (scenario.Polling is { } polling)
        {
            polling(this);
        }
        else
        {
            Drive(() => scenario.Awaiting!(this));
        }

        Restart();
        others.ForEach(o => o.DisposeAsync().AsTask().Wait(Guard));
        others.Clear();
        if (!scenario.ExpectsFaults)
        {
            Assert.Empty(faults);
        }

        // Another thread that has just woken the loop may hold on to the descriptor that it did so by for a moment.
        IEnumerable<string> left = [];
        Assert.True(SpinWait.SpinUntil(() => !(left = OpenDescriptors().Except(before)).Any(), Guard), $"Left open: {string.Join(", ", left)}");
    }

    /// <summary>Runs a scenario that awaits, on a loop that somebody else drives, and looks at what it left.</summary>
    internal async Task RunAsync()
    {
        await Loop.InvokeAsync(() => scenario.Awaiting!(this));
        if (!scenario.ExpectsFaults)
        {
            Assert.Empty(faults);
        }

        Assert.Empty(OpenDescriptors());
        loop = null; // Its driver ends it.
    }

    /// <summary>Completes the options of a loop of this kernel.</summary>
    internal EventLoopOptions OptionsFor(EventLoopOptions given)
    {
        EventLoopOptions options = given.CopyFor(given.Name!);
        EventLoopOptions rings = options.CopyFor(given.Name!);
        options.KernelRingFactory = () => new FaultyRing(CreateRing(rings), Faults);
        options.UnhandledException ??= fault =>
        {
            faults.Add(fault.Exception);
            return UnhandledExceptionAction.Continue;
        };
        return options;
    }

    protected virtual void Dispose(bool disposing)
    {
        if (!IsDriven)
        {
            loop?.Dispose();
        }

        others.ForEach(o => o.DisposeAsync().AsTask().Wait(Guard));
    }

    /// <summary>Makes the loop.</summary>
    private protected virtual EventLoop CreateLoop(EventLoopOptions options) => EventLoop.Attach(options);

    private static void VerifyEnded(EventLoop ended)
    {
        Assert.Equal((0, 0L), (ended.Statistics.InFlight, ended.Statistics.Late));
        Assert.Empty(ended.Life.Unfinished);
        Assert.True(ended.Completed.IsCompletedSuccessfully, ended.Completed.Exception?.ToString());
    }

    private DispatcherOptions DispatcherOptionsFor() => new()
    {
        LoopCount = 1,
        SubmissionEntries = scenario.Options.SubmissionEntries,
        CompletionEntries = scenario.Options.CompletionEntries,
        KernelRingFactory = () => CreateRing(scenario.Options.CopyFor(scenario.Name)),
    };
}
