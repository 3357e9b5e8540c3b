namespace Dispatch.Benchmarks;

/// <summary>The child modes of this executable, by name. A new contender adds its line here.</summary>
internal static class Peers
{
    public const string EchoSockets = "echo-sockets";
    public const string FileRandomAccess = "file-randomaccess";
    public const string ChannelStream = "channel-stream";
    public const string ChannelWake = "channel-wake";

    public static IReadOnlyDictionary<string, Func<PeerArguments, IWorkload>> Workloads { get; } = new Dictionary<string, Func<PeerArguments, IWorkload>>
    {
        [FileRandomAccess] = arguments => new RandomAccessReads(arguments.RequiredFile, arguments.Depth),
        [ChannelStream] = _ => new ChannelStream(),
        [ChannelWake] = _ => new ChannelWake(),
    };

    public static IReadOnlyDictionary<string, Func<PeerArguments, IEchoServer>> Servers { get; } = new Dictionary<string, Func<PeerArguments, IEchoServer>>
    {
        [EchoSockets] = _ => new SocketsEcho(),
    };

    public static string[] Names => [.. Workloads.Keys, .. Servers.Keys];
}
