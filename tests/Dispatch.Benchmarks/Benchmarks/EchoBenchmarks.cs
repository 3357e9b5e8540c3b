namespace Dispatch.Benchmarks;

/// <summary>Small messages over TCP, the server on one CPU and the load on another.</summary>
internal static class EchoBenchmarks
{
    private const string C = "C io_uring";
    private const string Epoll = "C epoll, inline";
    private const string Sockets = ".NET sockets";
    private const string SocketsInline = ".NET sockets, inline";
    private const string Dispatch = "Dispatch";
    private const string DispatchObserve = "Dispatch observe";
    private const string DispatchRaw = "Dispatch raw";
    private const string DispatchPipe = "Dispatch pipe";
    private const string DispatchStream = "Dispatch stream";
    private const string Many = ", many";

    // The runtime itself, its timers and its compiler, allocates a little now and then.
    private const double NearlyNoBytes = 0.001;

    public static Benchmark Echo { get; } = new(
        "echo",
        "echo",
        "a 64-byte message sent to a server and back",
        [Metric.CpuNs, Metric.OperationsPerSecond, Metric.P50Ns, Metric.P99Ns, Metric.VoluntarySwitches, Metric.SystemCalls, Metric.AllocatedBytes],
        Contenders,
        [
            new Bar(Dispatch, Metric.CpuNs, 1.08, C),
            new Bar(Dispatch, Metric.CpuNs, 0.60, Sockets),
            new Bar(Dispatch, Metric.OperationsPerSecond, 1.5, Sockets, AtLeast: true),
            new Bar(Dispatch, Metric.VoluntarySwitches, 0.05),
            new Bar(Dispatch, Metric.SystemCalls, 1.1, C),
            new Bar(Dispatch, Metric.AllocatedBytes, NearlyNoBytes),
            new Bar(DispatchObserve, Metric.CpuNs, 1.1, Dispatch),
            new Bar(DispatchPipe, Metric.CpuNs, 1.15, Dispatch),
            new Bar(DispatchPipe, Metric.AllocatedBytes, NearlyNoBytes),
            new Bar(DispatchStream, Metric.AllocatedBytes, NearlyNoBytes),
            new Bar(Dispatch + Many, Metric.CpuNs, 1.3, Dispatch),
        ]);

    private static List<IContender> Contenders(Settings settings, Workspace workspace)
    {
        List<IContender> contenders =
        [
            new EchoContender(C, new CReference("echo_uring", "0", "-1"), settings.Connections, countsAllocations: false, settings),
            new EchoContender(Epoll, new CReference("echo_epoll", "0"), settings.Connections, countsAllocations: false, settings),
            new EchoContender(Sockets, new PeerProgram(Peers.EchoSockets), settings.Connections, countsAllocations: true, settings),
            new EchoContender(SocketsInline, InlineSockets(), settings.Connections, countsAllocations: true, settings),
            new EchoContender(Dispatch, new PeerProgram(Peers.EchoAwait), settings.Connections, countsAllocations: true, settings),
            new EchoContender(DispatchObserve, new PeerProgram(Peers.EchoObserve), settings.Connections, countsAllocations: true, settings),
            new EchoContender(DispatchPipe, new PeerProgram(Peers.EchoPipe), settings.Connections, countsAllocations: true, settings),
            new EchoContender(DispatchStream, new PeerProgram(Peers.EchoStream), settings.Connections, countsAllocations: true, settings),
            new EchoContender(DispatchRaw, new PeerProgram(Peers.EchoRaw), settings.Connections, countsAllocations: true, settings),
        ];
        if (settings.ManyConnections > 0)
        {
            contenders.Add(new EchoContender(Dispatch + Many, new PeerProgram(Peers.EchoAwait), settings.ManyConnections, countsAllocations: true, settings));
            contenders.Add(new EchoContender(C + Many, new CReference("echo_uring", "0", "-1"), settings.ManyConnections, countsAllocations: false, settings));
        }

        return contenders;
    }

    private static PeerProgram InlineSockets() => new(Peers.EchoSockets)
    {
        Environment = new Dictionary<string, string> { ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1" },
    };
}
