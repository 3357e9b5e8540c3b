using System.Text.RegularExpressions;

namespace Dispatch.Benchmarks;

/// <summary>A web server on one CPU, and the load that keeps it busy from another. What is measured is the server.</summary>
/// <param name="name">The contender's name.</param>
/// <param name="server">Prints "listening on URL" and serves until SIGTERM.</param>
/// <param name="load">The load.</param>
/// <param name="settings">The CPUs.</param>
internal sealed partial class WebContender(string name, IProgram server, WebLoad load, Settings settings) : IContender
{
    private ChildProcess? process;
    private Uri? address;

    public string Name => name;

    public IReadOnlyList<int> ProcessIds => process is null ? [] : [process.ProcessId];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        process = ChildProcess.Start(await server.PrepareAsync(cancellationToken), settings.ServerCpu);
        string greeting = await process.ReadLineAsync(TimeSpan.Zero, cancellationToken);
        Match listening = ListeningLine().Match(greeting);
        address = listening.Success ? new Uri(listening.Groups[1].Value) : throw new ContenderFailedException($"instead of \"listening on …\" it said \"{greeting}\"");
    }

    public async Task<Window> MeasureAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        ProcessSample before = await process!.SampleAsync();
        Window window = await load.RunAsync(address!, length, settings.LoadCpu, cancellationToken);
        ProcessSample used = await process.SampleAsync() - before;
        return window with { CpuNs = used.CpuNs, VoluntarySwitches = used.VoluntarySwitches };
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            _ = Tmds.Linux.LibC.kill(process.ProcessId, Tmds.Linux.LibC.SIGTERM);
            await process.DisposeAsync();
        }
    }

    [GeneratedRegex(@"^listening on (https?://\S+)$")]
    private static partial Regex ListeningLine();
}
