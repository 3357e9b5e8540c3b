using System.Globalization;

namespace Dispatch.Benchmarks;

/// <summary>A program that does the work by itself and measures its own time: it answers "run MS" with a window.</summary>
internal sealed class WorkloadContender(string name, IProgram program, int? cpu) : IContender
{
    private ChildProcess? child;

    public string Name => name;

    public IReadOnlyList<int> ProcessIds => child is null ? [] : [child.ProcessId];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        child = ChildProcess.Start(await program.PrepareAsync(cancellationToken), cpu);
        string greeting = await child.ReadLineAsync(TimeSpan.Zero, cancellationToken);
        if (greeting != "ready")
        {
            throw new ContenderFailedException($"instead of \"ready\" it said \"{greeting}\"");
        }
    }

    public async Task<Window> MeasureAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        ProcessSample before = await child!.SampleAsync();
        string command = string.Create(CultureInfo.InvariantCulture, $"run {length.TotalMilliseconds:F0}");
        Window window = await child.AskAsync(command, length, cancellationToken);
        ProcessSample used = await child.SampleAsync() - before;
        return window with { VoluntarySwitches = used.VoluntarySwitches };
    }

    public ValueTask DisposeAsync() => child?.DisposeAsync() ?? ValueTask.CompletedTask;
}
