using System.Diagnostics;

namespace Dispatch.Conformance.Processes;

/// <summary>What the child program said, as lines of <c>name=value</c>. It has ended, and ended well.</summary>
internal sealed class ChildResult
{
    private readonly Dictionary<string, string> values = [];

    private ChildResult(string output)
    {
        foreach (string line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            values[line[..equals]] = line[(equals + 1)..];
        }
    }

    public string this[string name] => values.TryGetValue(name, out string? value) ? value : $"nothing was said of {name}";

    public static ChildResult Of(IReadOnlyList<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Dispatch.Tests.Child"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(World.Guard))
        {
            process.Kill();
            Assert.Fail($"The child did not end: {string.Join(' ', arguments)}");
        }

        Assert.True(process.ExitCode == 0, $"The child ended with {process.ExitCode}: {error.Result}");
        return new ChildResult(output.Result);
    }
}
