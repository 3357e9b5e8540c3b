using System.Diagnostics;
using System.Globalization;

namespace Dispatch.Benchmarks;

/// <summary>
/// Counts the system calls of a process with perf(1). Counting costs time, so it has a window of its own that is not timed.
/// strace(1) is no substitute: it slows a server so much that its batches, and with them its calls a request, become others.
/// </summary>
internal static class SystemCallCounter
{
    private const string EventName = "raw_syscalls:sys_enter";

    /// <summary>Runs <paramref name="window"/> and returns the calls that the process made meanwhile, or why they cannot be counted.</summary>
    public static async Task<(long? Calls, string? Missing)> CountAsync(int processId, Func<Task> window)
    {
        // perf counts for as long as its command runs. The command is cat: when our line comes back, the counter is running,
        // and when we end its input, the count is printed.
        var start = new ProcessStartInfo("perf", ["stat", "-x", ",", "-e", EventName, "-p", processId.ToString(CultureInfo.InvariantCulture), "--", "cat"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        Process perf;
        try
        {
            perf = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (null, "perf is not installed");
        }

        using (perf)
        {
            Task<string> errors = perf.StandardError.ReadToEndAsync();
            bool counting;
            try
            {
                await perf.StandardInput.WriteLineAsync("counting");
                await perf.StandardInput.FlushAsync();
                counting = await perf.StandardOutput.ReadLineAsync() is not null;
            }
            catch (IOException)
            {
                counting = false;
            }

            try
            {
                if (counting)
                {
                    await window();
                }
            }
            finally
            {
                perf.StandardInput.Close();
                await perf.WaitForExitAsync();
            }

            string output = await errors;
            string? line = output.Split('\n').FirstOrDefault(line => line.Contains($",{EventName}", StringComparison.Ordinal));
            string count = line?.Split(',')[0] ?? string.Empty;

            // "<not counted>" is what perf says of a process that did not run at all.
            return count == "<not counted>" ? (0, null)
                : long.TryParse(count, CultureInfo.InvariantCulture, out long calls) ? (calls, null)
                : (null, $"perf refused: {output.Trim().Split('\n')[0]}");
        }
    }
}
