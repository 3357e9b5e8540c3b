using System.Diagnostics;

namespace Dispatch.Packages.Tests;

/// <summary>A program that was started: its output in pipes, killed when the test ends or it takes too long.</summary>
internal sealed class RunningProgram : IDisposable
{
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(8);
    private readonly Process process;
    private readonly Task<string> error;

    private RunningProgram(Process process)
    {
        this.process = process;
        error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts a program.</summary>
    public static RunningProgram Start(string file, string folder, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        ProcessStartInfo start = new(file, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return new RunningProgram(Process.Start(start)!);
    }

    /// <summary>Gets the next line of its output, or null when there is none.</summary>
    public async Task<string?> ReadLineAsync() => await process.StandardOutput.ReadLineAsync().WaitAsync(Guard);

    /// <summary>Asks it to end, as init or a container does.</summary>
    public void Terminate()
    {
        using Process kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Waits for its end. Returns what it printed, and fails if it did not end with 0.</summary>
    public async Task<string> EndAsync()
    {
        string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(Guard);
        await process.WaitForExitAsync().WaitAsync(Guard);
        string said = output + await error;
        Assert.True(process.ExitCode == 0, $"It ended with {process.ExitCode}: {said}");
        return said;
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }
}
