using System.Diagnostics;

namespace Dispatch.Benchmarks;

/// <summary><c>examples/WebApp</c>, as it was built beside this program, on a port of the system's choice.</summary>
internal sealed class WebAppProgram(params string[] arguments) : IProgram
{
    /// <summary>Gets a value indicating whether .NET's sockets run what follows a completion in the thread that has met it.</summary>
    public bool InlineCompletions { get; init; }

    public Task<ProcessStartInfo> PrepareAsync(CancellationToken cancellationToken)
    {
        // …/tests/Dispatch.Benchmarks/bin/CONFIGURATION/FRAMEWORK/
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        string examples = Path.Combine(output.Parent!.Parent!.Parent!.Parent!.Parent!.FullName, "examples");
        string executable = Path.Combine(examples, "WebApp", "bin", output.Parent.Name, output.Name, "WebApp");
        if (!File.Exists(executable))
        {
            throw new ContenderMissingException($"{executable} was not built: build the solution");
        }

        var start = new ProcessStartInfo(executable, ["--port", "0", .. arguments]);
        if (InlineCompletions)
        {
            start.Environment["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1";
        }

        return Task.FromResult(start);
    }
}
