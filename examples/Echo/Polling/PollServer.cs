using System.Net;

namespace Dispatch.Examples.Echo;

/// <summary>A server on threads of its own. Each attaches a loop, listens on the same address (SO_REUSEPORT), and polls.</summary>
internal sealed class PollServer : IEchoServer
{
    private readonly List<PollThread> threads = [];

    /// <summary>Initializes a new instance of the <see cref="PollServer"/> class, which serves at once.</summary>
    /// <param name="options">The options.</param>
    public PollServer(EchoOptions options)
    {
        int count = options.LoopCount ?? options.Cpus?.Count ?? Environment.ProcessorCount;
        CpuSet?[] places = options.Cpus is { } cpus ? [.. cpus.Select(cpu => CpuSet.Create(cpu))] : new CpuSet?[count];
        IPEndPoint endPoint = options.EndPoint;
        for (int i = 0; i < count; i++)
        {
            PollThread thread = PollThread.Start($"echo-{i}", options with { EndPoint = endPoint }, places[i], isShared: count > 1);
            threads.Add(thread);
            endPoint = thread.LocalEndPoint; // With port 0 the first one chooses for all.
        }

        LocalEndPoint = endPoint;
    }

    public EndPoint LocalEndPoint { get; }

    public async Task<IReadOnlyList<LoopStatistics>> DrainAsync(TimeSpan deadline) => await Task.WhenAll(threads.Select(thread => thread.DrainAsync(deadline)));
}
