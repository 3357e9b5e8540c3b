using System.Globalization;

namespace Dispatch.Benchmarks;

/// <summary>
/// How much of the machine's time the hypervisor gave to others (proc_stat(5)). A window in which that was much measures
/// the neighbours, not the contender.
/// </summary>
internal readonly struct StealMeter
{
    private const int StealColumn = 7;

    // user, nice, system, idle, iowait, irq, softirq, steal; guest time, which follows, is counted in user already.
    private const int Columns = 8;

    private readonly long stolen;
    private readonly long total;

    private StealMeter(long stolen, long total)
    {
        this.stolen = stolen;
        this.total = total;
    }

    public static StealMeter Start()
    {
        string line = File.ReadLines("/proc/stat").First();
        long[] ticks = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Skip(1)
            .Take(Columns)
            .Select(field => long.Parse(field, CultureInfo.InvariantCulture))];
        return new StealMeter(ticks[StealColumn], ticks.Sum());
    }

    /// <summary>The part of all CPUs' time since <see cref="Start"/> that was stolen, in percent.</summary>
    public double PercentSince()
    {
        StealMeter now = Start();
        return (now.stolen - stolen) * 100.0 / Math.Max(1, now.total - total);
    }
}
