using System.Diagnostics;
using Dispatch.Tests.Kernel;

namespace Dispatch.Tests.Processes;

/// <summary>A run of the child program: its lines of <c>name=value</c>, and how it ended.</summary>
internal sealed class TestChild : IDisposable
{
    private readonly Process process;
    private readonly Dictionary<string, string> values = [];
    private readonly Task<string> error;

    private TestChild(string[] arguments)
    {
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, "Dispatch.Tests.Child"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0"; // A test that ends a process on purpose needs no dump of it.
        process = Process.Start(start)!;
        error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Gets what the process said of a name.</summary>
    public string this[string name] => values.TryGetValue(name, out string? value) ? value : $"nothing was said of {name}";

    /// <summary>Starts the program and leaves it running.</summary>
    public static TestChild Start(params string[] arguments) => new(arguments);

    /// <summary>Runs the program to its end and expects it to end well.</summary>
    public static TestChild Run(params string[] arguments)
    {
        TestChild child = new(arguments);
        (int status, string error) = child.WaitForEnd();
        Assert.True(status == 0, $"The child ended with {status}: {error}");
        Assert.Empty(error);
        return child;
    }

    public bool Said(string name) => values.ContainsKey(name);

    /// <summary>Reads lines until one of this name has come.</summary>
    public void WaitFor(string name)
    {
        while (!values.ContainsKey(name))
        {
            Task<string?> line = process.StandardOutput.ReadLineAsync();
            Assert.True(line.Wait(RawRing.Guard), $"The child said nothing of {name}.");
            Assert.True(line.Result is not null, $"The child ended and said nothing of {name}.");
            Note(line.Result);
        }
    }

    public void Terminate() => Assert.Equal(0, Native.Kill(process.Id, Native.Terminate));

    /// <summary>Reads the rest and waits for the end. A process that does not end is killed, and fails the test.</summary>
    public (int Status, string Error) WaitForEnd()
    {
        Task<string> rest = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(RawRing.Guard))
        {
            process.Kill();
            Assert.Fail("The child did not end.");
        }

        foreach (string line in rest.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Note(line);
        }

        return (process.ExitCode, error.Result);
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    private void Note(string line)
    {
        int equals = line.IndexOf('=', StringComparison.Ordinal);
        values[line[..equals]] = line[(equals + 1)..];
    }
}
