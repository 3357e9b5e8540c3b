using System.Globalization;
using System.Text.RegularExpressions;

namespace Dispatch.Benchmarks;

/// <summary>
/// An echo server on one CPU, and the load that keeps it busy from another. The load checks every byte; what is measured is the server.
/// </summary>
/// <param name="name">The contender's name.</param>
/// <param name="server">Prints "listening on HOST:PORT" and serves until its standard input ends.</param>
/// <param name="connections">How many connections the load keeps open, with one message each on its way.</param>
/// <param name="countsAllocations">Whether the server answers "stats" with a window that has its allocated bytes.</param>
/// <param name="settings">Message size and CPUs.</param>
internal sealed partial class EchoContender(string name, IProgram server, int connections, bool countsAllocations, Settings settings) : IContender
{
    private ChildProcess? serverProcess;
    private ChildProcess? loadProcess;

    public string Name => name;

    public IReadOnlyList<int> ProcessIds => serverProcess is null || loadProcess is null ? [] : [serverProcess.ProcessId, loadProcess.ProcessId];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        serverProcess = ChildProcess.Start(await server.PrepareAsync(cancellationToken), settings.ServerCpu);
        string greeting = await serverProcess.ReadLineAsync(TimeSpan.Zero, cancellationToken);
        Match address = ListeningLine().Match(greeting);
        if (!address.Success)
        {
            throw new ContenderFailedException($"instead of \"listening on …\" it said \"{greeting}\"");
        }

        var load = new CReference("load", "127.0.0.1", address.Groups[1].Value, Number(connections), Number(settings.MessageBytes));
        loadProcess = ChildProcess.Start(await load.PrepareAsync(cancellationToken), settings.LoadCpu);
        await loadProcess.ReadLineAsync(TimeSpan.Zero, cancellationToken);
    }

    public async Task<Window> MeasureAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        long? allocated = await AllocatedAsync(cancellationToken);
        ProcessSample before = await serverProcess!.SampleAsync();
        Window window = await LoadAsync(length, cancellationToken);
        ProcessSample used = await serverProcess.SampleAsync() - before;
        return window with
        {
            CpuNs = used.CpuNs,
            VoluntarySwitches = used.VoluntarySwitches,
            AllocatedBytes = await AllocatedAsync(cancellationToken) - allocated,
        };
    }

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

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^listening on .*:(\d+)$")]
    private static partial Regex ListeningLine();

    private async Task<Window> LoadAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        try
        {
            return await loadProcess!.AskAsync($"run {Number((int)length.TotalMilliseconds)}", length, cancellationToken);
        }
        catch (ContenderFailedException)
        {
            await serverProcess!.ThrowIfEndedAsync();
            throw;
        }
    }

    private async Task<long?> AllocatedAsync(CancellationToken cancellationToken) =>
        countsAllocations ? (await serverProcess!.AskAsync("stats", TimeSpan.Zero, cancellationToken)).AllocatedBytes : null;
}
