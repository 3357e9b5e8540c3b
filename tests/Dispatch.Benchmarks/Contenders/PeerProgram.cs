using System.Diagnostics;

namespace Dispatch.Benchmarks;

/// <summary>This executable in one of its child modes, see <see cref="Peers"/>.</summary>
internal sealed class PeerProgram(string peer, params string[] arguments) : IProgram
{
    /// <summary>Environment variables for the child.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets the kernel interface that the child uses, where a benchmark sets one beside the other; null takes the command line's.</summary>
    public KernelKind? Kernel { get; init; }

    public Task<ProcessStartInfo> PrepareAsync(CancellationToken cancellationToken)
    {
        string executable = System.Environment.ProcessPath!;
        var start = new ProcessStartInfo(executable);

        // Started as "dotnet Dispatch.Benchmarks.dll", the executable is dotnet and needs to be told the assembly.
        if (Path.GetFileNameWithoutExtension(executable) == "dotnet")
        {
            start.ArgumentList.Add(System.Environment.GetCommandLineArgs()[0]);
        }

        start.ArgumentList.Add("peer");
        start.ArgumentList.Add(peer);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.ArgumentList.Add("--kernel");
        start.ArgumentList.Add(KernelChoice.WordOf(Kernel ?? KernelChoice.Kind));
        foreach ((string name, string value) in Environment)
        {
            start.Environment[name] = value;
        }

        return Task.FromResult(start);
    }
}
