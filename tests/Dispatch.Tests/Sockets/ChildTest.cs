using System.Diagnostics;

namespace Dispatch.Tests;

/// <summary>Runs an explicit test in a process of its own: for what cannot be done to the runner's.</summary>
internal static class ChildTest
{
    /// <summary>Runs it and fails with its output if it fails.</summary>
    public static async Task RunAsync(Type test, string method)
    {
        ProcessStartInfo start = new(Path.ChangeExtension(test.Assembly.Location, null)) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in new[] { "-explicit", "only", "-method", $"{test.FullName}.{method}", "-noColor" })
        {
            start.ArgumentList.Add(argument);
        }

        // The runtime starts a thread for its compiler some time or other, and ends the process when there is no descriptor for it: no test of limits could tell when.
        start.Environment["DOTNET_TieredCompilation"] = "0";
        using Process child = Process.Start(start)!;
        Task<string> output = child.StandardOutput.ReadToEndAsync();
        Task<string> errors = child.StandardError.ReadToEndAsync();
        try
        {
            await child.WaitForExitAsync().WaitAsync(LoopHost.Limit);
        }
        catch (TimeoutException)
        {
            child.Kill();
            Assert.Fail($"{method} did not end:\n{await output}\n{await errors}");
        }

        string said = await output + await errors;
        Assert.True(child.ExitCode == 0, said);
        Assert.Contains("Total: 1, Errors: 0, Failed: 0", said, StringComparison.Ordinal);
    }
}
