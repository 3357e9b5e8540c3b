using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Dispatch.Examples.KeyLookup;

/// <summary>
/// Runs this program again where it has one CPU, as <c>taskset(1)</c> does: the runtime counts its CPUs when it starts, and sizes its thread pool and its collector by them. <c>sched_setaffinity(2)</c>.
/// </summary>
internal static partial class OneCpu
{
    private const int Words = 16;

    /// <summary>Runs it with the same arguments.</summary>
    /// <returns>Its exit code.</returns>
    public static async Task<int> RunThisProgramAsync()
    {
        string[] command = Environment.GetCommandLineArgs();
        string host = Environment.ProcessPath!;
        bool isHosted = Path.GetFileNameWithoutExtension(host) == "dotnet"; // Then the program is its first argument.
        ProcessStartInfo start = new(host, isHosted ? command : command[1..]) { Environment = { ["DOTNET_PROCESSOR_COUNT"] = "1" } };
        using Process process = StartOnLastCpu(start);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>A process inherits the CPUs of the thread that starts it.</summary>
    private static unsafe Process StartOnLastCpu(ProcessStartInfo start)
    {
        ulong* before = stackalloc ulong[Words];
        ulong* one = stackalloc ulong[Words];
        new Span<ulong>(before, Words).Clear();
        new Span<ulong>(one, Words).Clear();
        if (GetAffinity(0, Words * sizeof(ulong), before) < 0)
        {
            throw new InvalidOperationException($"sched_getaffinity failed: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        int word = new Span<ulong>(before, Words).LastIndexOfAnyExcept(0UL);
        one[word] = 1UL << (63 - (int)ulong.LeadingZeroCount(before[word]));
        if (SetAffinity(0, Words * sizeof(ulong), one) != 0)
        {
            throw new InvalidOperationException($"sched_setaffinity failed: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        try
        {
            return Process.Start(start)!;
        }
        finally
        {
            _ = SetAffinity(0, Words * sizeof(ulong), before);
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    private static unsafe partial int GetAffinity(int thread, nuint bytes, ulong* mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static unsafe partial int SetAffinity(int thread, nuint bytes, ulong* mask);
}
