using System.Diagnostics;
using System.Reflection;

namespace Dispatch.Examples.Tests;

/// <summary>A built example, run as its users run it: another process, its output in pipes.</summary>
internal sealed class ExampleProcess : IDisposable
{
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(2);
    private readonly Process process;

    private ExampleProcess(string file, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        process = Process.Start(start)!;
    }

    /// <summary>Gets the next line of its output.</summary>
    public string? NextLine => process.StandardOutput.ReadLineAsync().WaitAsync(Guard).GetAwaiter().GetResult();

    /// <summary>Starts an example.</summary>
    public static ExampleProcess Start(string name, params string[] arguments) => new("dotnet", [PathOf(name), .. arguments]);

    /// <summary>Runs an example to its end.</summary>
    public static ExampleResult Run(string name, params string[] arguments)
    {
        using ExampleProcess example = Start(name, arguments);
        return example.WaitForEnd();
    }

    /// <summary>Runs an example to its end, by way of another program that starts it.</summary>
    public static ExampleResult RunUnder(string launcher, string name, params string[] arguments) => RunUnder(launcher, [], name, arguments);

    /// <summary>Runs an example to its end, by way of another program that starts it and has options of its own.</summary>
    public static ExampleResult RunUnder(string launcher, string[] options, string name, params string[] arguments)
    {
        using ExampleProcess example = new(launcher, [.. options, "/usr/bin/env", "dotnet", PathOf(name), .. arguments]);
        return example.WaitForEnd();
    }

    /// <summary>Asks it to end, as init or a container does.</summary>
    public void Terminate() => Signal("-TERM");

    /// <summary>Ends it as the power does: it gets to do nothing more.</summary>
    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>Waits for its end.</summary>
    public ExampleResult WaitForEnd()
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Guard))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"The program did not end within {Guard}.");
        }

        return new ExampleResult(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }

    private static string PathOf(string name) => Path.Combine(Metadata("Examples"), name, Metadata("BuildFolder"), name + ".dll");

    private static string Metadata(string key) => typeof(ExampleProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;

    private void Signal(string signal)
    {
        using Process kill = Process.Start("kill", [signal, $"{process.Id}"]);
        kill.WaitForExit();
    }
}
