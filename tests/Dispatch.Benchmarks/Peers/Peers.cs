using Dispatch.Testing;

namespace Dispatch.Benchmarks;

/// <summary>The child modes of this executable, by name. A new contender adds its line here.</summary>
internal static class Peers
{
    public const string EchoSockets = "echo-sockets";
    public const string FileRandomAccess = "file-randomaccess";
    public const string ChannelStream = "channel-stream";
    public const string ChannelWake = "channel-wake";
    public const string NopRaw = "nop-raw";
    public const string NopObserve = "nop-observe";
    public const string NopAwait = "nop-await";
    public const string EmptyPoll = "empty-poll";
    public const string EmptyTake = "empty-take";
    public const string EchoAwait = "echo-await";
    public const string EchoObserve = "echo-observe";
    public const string EchoRaw = "echo-raw";
    public const string Reads = "reads";
    public const string ReadsRaw = "reads-raw";
    public const string ReadsDirect = "reads-direct";
    public const string ReadsDirectRaw = "reads-direct-raw";
    public const string LoopStream = "loop-stream";
    public const string LoopPing = "loop-ping";
    public const string LoopWake = "loop-wake";
    public const string LoopRingWake = "loop-ring-wake";
    public const string RxObserveOn = "rx-observe-on";
    public const string LoopObserveOn = "loop-observe-on";
    public const string LoopObserveOnHot = "loop-observe-on-hot";
    public const string SimulatedCalm = "simulated-calm";
    public const string SimulatedBusy = "simulated-busy";

    public static IReadOnlyDictionary<string, Func<PeerArguments, IWorkload>> Workloads { get; } = new Dictionary<string, Func<PeerArguments, IWorkload>>
    {
        [FileRandomAccess] = arguments => new RandomAccessReads(arguments.RequiredFile, arguments.Depth),
        [ChannelStream] = _ => new ChannelStream(),
        [ChannelWake] = _ => new ChannelWake(),
        [NopRaw] = arguments => new LoopNopRaw(arguments.Depth),
        [NopObserve] = arguments => new LoopNopObserve(arguments.Depth),
        [NopAwait] = arguments => new LoopNopAwait(arguments.Depth),
        [EmptyPoll] = _ => new LoopEmptyPoll(take: false),
        [EmptyTake] = _ => new LoopEmptyPoll(take: true),
        [Reads] = arguments => new LoopReads(arguments.RequiredFile, arguments.Depth, direct: false),
        [ReadsRaw] = arguments => new LoopReadsRaw(arguments.RequiredFile, arguments.Depth, direct: false),
        [ReadsDirect] = arguments => new LoopReads(arguments.RequiredFile, arguments.Depth, direct: true),
        [ReadsDirectRaw] = arguments => new LoopReadsRaw(arguments.RequiredFile, arguments.Depth, direct: true),
        [LoopStream] = _ => new LoopStream(),
        [LoopPing] = _ => new LoopPing(),
        [LoopWake] = _ => new LoopWake(),
        [LoopRingWake] = _ => new LoopRingWake(),
        [RxObserveOn] = _ => new RxObserveOn(),
        [LoopObserveOn] = _ => new LoopObserveOn(spins: false),
        [LoopObserveOnHot] = _ => new LoopObserveOn(spins: true),
        [SimulatedCalm] = _ => new SimulatedEcho(FaultPlan.None),
        [SimulatedBusy] = _ => new SimulatedEcho(FaultPlan.Busy),
    };

    public static IReadOnlyDictionary<string, Func<PeerArguments, IEchoServer>> Servers { get; } = new Dictionary<string, Func<PeerArguments, IEchoServer>>
    {
        [EchoSockets] = _ => new SocketsEcho(),
        [EchoAwait] = arguments => new LoopEchoAwait(OneLoop(arguments)),
        [EchoObserve] = arguments => new LoopEchoObserve(OneLoop(arguments)),
        [EchoRaw] = arguments => new LoopEchoRaw(OneLoop(arguments)),
    };

    public static string[] Names => [.. Workloads.Keys, .. Servers.Keys];

    private static DispatcherOptions OneLoop(PeerArguments arguments)
    {
        var options = new DispatcherOptions { Kernel = KernelChoice.Kind, LoopCount = 1 };
        if (arguments.Buffers is { } count)
        {
            options.ReceiveBufferCount = count;
        }

        if (arguments.BufferSize is { } bytes)
        {
            options.ReceiveBufferSize = bytes;
        }

        return options;
    }
}
