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
    public const string EchoPipe = "echo-pipe";
    public const string EchoStream = "echo-stream";
    public const string SendFile = "send-file";
    public const string SendFileSockets = "send-file-sockets";
    public const string DatagramsSockets = "datagrams-sockets";
    public const string DatagramsAwait = "datagrams-await";
    public const string DatagramsObserve = "datagrams-observe";
    public const string DatagramsCoalesced = "datagrams-coalesced";
    public const string EchoRaw = "echo-raw";
    public const string Reads = "reads";
    public const string ReadsRaw = "reads-raw";
    public const string ReadsDirect = "reads-direct";
    public const string ReadsDirectRaw = "reads-direct-raw";
    public const string Lookups = "lookups";
    public const string LookupsDirect = "lookups-direct";
    public const string LookupsRandomAccess = "lookups-randomaccess";
    public const string LookupsDirectRandomAccess = "lookups-direct-randomaccess";
    public const string LoopStream = "loop-stream";
    public const string LoopPing = "loop-ping";
    public const string LoopWake = "loop-wake";
    public const string LoopRingWake = "loop-ring-wake";
    public const string List = "list";
    public const string ListSleep = "list-sleep";
    public const string ReadAllBytes = "read-all-bytes";
    public const string ChainFiles = "chain-files";
    public const string ChainFilesOwned = "chain-files-owned";
    public const string CallOnWorkers = "call-on-workers";
    public const string CallOnPoolFromLoop = "call-on-pool-from-loop";
    public const string CallOnPool = "call-on-pool";
    public const string RxObserveOn = "rx-observe-on";
    public const string LoopObserveOn = "loop-observe-on";
    public const string LoopObserveOnHot = "loop-observe-on-hot";
    public const string SimulatedCalm = "simulated-calm";
    public const string SimulatedBusy = "simulated-busy";
    public const string SimulatedFailing = "simulated-failing";
    public const string SimulatedShort = "simulated-short";

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
        [Lookups] = arguments => new LookupWorkload(arguments.Depth, isDirect: false, onLoop: true),
        [LookupsDirect] = arguments => new LookupWorkload(arguments.Depth, isDirect: true, onLoop: true),
        [LookupsRandomAccess] = arguments => new LookupWorkload(arguments.Depth, isDirect: false, onLoop: false),
        [LookupsDirectRandomAccess] = arguments => new LookupWorkload(arguments.Depth, isDirect: true, onLoop: false),
        [SendFile] = arguments => new LoopSendFile(arguments.RequiredFile),
        [SendFileSockets] = arguments => new SocketsSendFile(arguments.RequiredFile),
        [DatagramsSockets] = _ => new SocketsDatagrams(),
        [DatagramsAwait] = _ => LoopDatagrams.Make(isObserved: false),
        [DatagramsObserve] = _ => LoopDatagrams.Make(isObserved: true),
        [DatagramsCoalesced] = _ => LoopDatagrams.Make(isObserved: true, isCoalescing: true),
        [LoopStream] = _ => new LoopStream(),
        [LoopPing] = _ => new LoopPing(),
        [LoopWake] = _ => new LoopWake(),
        [LoopRingWake] = _ => new LoopRingWake(),
        [List] = arguments => new LoopList(arguments.Depth),
        [ListSleep] = arguments => new LoopListSleep(arguments.Depth),
        [ReadAllBytes] = arguments => new ReadAllBytes(arguments.RequiredFile, arguments.Depth),
        [ChainFiles] = arguments => new LoopChainFiles(arguments.RequiredFile, arguments.Depth, owned: false),
        [ChainFilesOwned] = arguments => new LoopChainFiles(arguments.RequiredFile, arguments.Depth, owned: true),
        [SimulatedCalm] = _ => new SimulatedEcho(FaultPlan.None, clients: 4, messages: 100),
        [SimulatedBusy] = _ => new SimulatedEcho(FaultPlan.Busy, clients: 4, messages: 100),
        [SimulatedFailing] = _ => new SimulatedEcho(FaultPlan.Failing, clients: 4, messages: 100),
        [SimulatedShort] = _ => new SimulatedEcho(FaultPlan.Busy, clients: 3, messages: 4),
        [CallOnWorkers] = arguments => CallWorkload.OnWorkers(arguments.Depth),
        [CallOnPoolFromLoop] = arguments => CallWorkload.OnPoolFromLoop(arguments.Depth),
        [CallOnPool] = arguments => CallWorkload.OnPool(arguments.Depth),
        [RxObserveOn] = _ => new RxObserveOn(),
        [LoopObserveOn] = _ => new LoopObserveOn(spins: false),
        [LoopObserveOnHot] = _ => new LoopObserveOn(spins: true),
    };

    public static IReadOnlyDictionary<string, Func<PeerArguments, IEchoServer>> Servers { get; } = new Dictionary<string, Func<PeerArguments, IEchoServer>>
    {
        [EchoSockets] = _ => new SocketsEcho(),
        [EchoAwait] = arguments => new LoopEchoAwait(OneLoop(arguments)),
        [EchoObserve] = arguments => new LoopEchoObserve(OneLoop(arguments)),
        [EchoPipe] = arguments => new LoopEchoPipe(OneLoop(arguments)),
        [EchoStream] = arguments => new LoopEchoStream(OneLoop(arguments)),
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
