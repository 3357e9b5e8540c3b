using System.ComponentModel;
using System.Globalization;

namespace Dispatch.Benchmarks;

/// <summary>
/// How much CPU time processes took that have no part in a window. One busy neighbour on a small machine takes half of a server's CPU, and the hypervisor
/// knows nothing of it. Sees what this process may see under /proc; a process that begins and ends between two looks is missed.
/// </summary>
internal sealed class NeighbourMeter
{
    // Less than this is not worth asking what it was.
    private const long NegligibleNs = 1_000_000;

    private readonly Dictionary<int, long> before;
    private readonly long begin;

    private NeighbourMeter(Dictionary<int, long> before, long begin)
    {
        this.before = before;
        this.begin = begin;
    }

    public static NeighbourMeter Start() => new(Look(), WallClock.NowNs());

    /// <summary>
    /// The part of all CPUs' time since <see cref="Start"/> that went to others than this process and <paramref name="participants"/>, in percent.
    /// </summary>
    public double PercentSince(IReadOnlyCollection<int> participants)
    {
        long elapsedNs = WallClock.NowNs() - begin;
        long foreignNs = 0;
        foreach ((int processId, long cpuNs) in Look())
        {
            long usedNs = cpuNs - before.GetValueOrDefault(processId);
            if (usedNs > NegligibleNs && processId != Environment.ProcessId && !participants.Contains(processId) && !IsKernelThread(processId))
            {
                foreignNs += usedNs;
            }
        }

        return foreignNs * 100.0 / (elapsedNs * Environment.ProcessorCount);
    }

    private static Dictionary<int, long> Look()
    {
        var times = new Dictionary<int, long>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), CultureInfo.InvariantCulture, out int processId))
            {
                try
                {
                    times[processId] = CpuClock.OfProcess(processId);
                }
                catch (Win32Exception)
                {
                    // It has ended since it was listed.
                }
            }
        }

        return times;
    }

    // What the kernel's threads do, interrupts and block I/O, they do for the contender. They have no command line.
    private static bool IsKernelThread(int processId)
    {
        try
        {
            using FileStream commandLine = File.OpenRead($"/proc/{processId}/cmdline");
            return commandLine.ReadByte() < 0;
        }
        catch (IOException)
        {
            // It has ended: whatever it was, it had its share of the window.
            return false;
        }
    }
}
