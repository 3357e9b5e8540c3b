using System.Globalization;

namespace Dispatch.Benchmarks;

/// <summary>A server with many connections that say nothing: what it keeps for them beyond what it kept without, one connection an operation.</summary>
internal sealed class IdleContender(string name, IProgram server, int connections, Settings settings) : IContender
{
    private ChildProcess? serverProcess;
    private ChildProcess? loadProcess;
    private long before;

    public string Name => name;

    public IReadOnlyList<int> ProcessIds => serverProcess is null ? [] : [serverProcess.ProcessId];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        serverProcess = ChildProcess.Start(await server.PrepareAsync(cancellationToken), settings.ServerCpu);
        string port = (await serverProcess.ReadLineAsync(TimeSpan.Zero, cancellationToken)).Split(':')[^1];

        // A few come and go first, so that what is made once is there.
        await using (ChildProcess first = await LoadAsync(port, 64, cancellationToken))
        {
            await first.AskAsync("run 200", TimeSpan.FromMilliseconds(200), cancellationToken);
        }

        before = await MemoryAsync(cancellationToken);
        loadProcess = await LoadAsync(port, connections, cancellationToken);
        await loadProcess.AskAsync("run 1000", TimeSpan.FromSeconds(1), cancellationToken); // All of them are accepted, and have been served once.
    }

    public async Task<Window> MeasureAsync(TimeSpan length, CancellationToken cancellationToken) => new()
    {
        Operations = connections,
        WallNs = 1,
        RetainedBytes = await MemoryAsync(cancellationToken) - before,
    };

    public async ValueTask DisposeAsync()
    {
        if (loadProcess is not null)
        {
            await loadProcess.DisposeAsync();
        }

        if (serverProcess is not null)
        {
            await serverProcess.DisposeAsync();
        }
    }

    private async Task<ChildProcess> LoadAsync(string port, int count, CancellationToken cancellationToken)
    {
        var load = new CReference("load", "127.0.0.1", port, count.ToString(CultureInfo.InvariantCulture), settings.MessageBytes.ToString(CultureInfo.InvariantCulture));
        ChildProcess process = ChildProcess.Start(await load.PrepareAsync(cancellationToken), settings.LoadCpu);
        await process.ReadLineAsync(TimeSpan.Zero, cancellationToken);
        return process;
    }

    private async Task<long> MemoryAsync(CancellationToken cancellationToken) =>
        (await serverProcess!.AskAsync("memory", TimeSpan.Zero, cancellationToken)).RetainedBytes!.Value;
}
