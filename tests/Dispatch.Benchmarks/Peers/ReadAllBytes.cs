namespace Dispatch.Benchmarks;

/// <summary>Small files read whole as most would do it: <see cref="File.ReadAllBytesAsync(string, CancellationToken)"/>, so many at a time.</summary>
internal sealed class ReadAllBytes(string folder, int depth) : IWorkload
{
    private readonly FileSequence files = new(folder);

    public Window Run(TimeSpan length)
    {
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long cpuNs = CpuClock.OfThisProcess();
        long begin = WallClock.NowNs();
        long deadline = WallClock.DeadlineNs(begin, length);
        long[] reads = Task.WhenAll(Enumerable.Range(0, depth).Select(_ => ReadUntilAsync(deadline))).GetAwaiter().GetResult();
        return new Window
        {
            Operations = reads.Sum(),
            WallNs = WallClock.NowNs() - begin,
            CpuNs = CpuClock.OfThisProcess() - cpuNs,
            AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true) - allocated,
        };
    }

    public void Dispose()
    {
    }

    private async Task<long> ReadUntilAsync(long deadline)
    {
        long reads = 0;
        while (reads % 16 != 0 || WallClock.NowNs() < deadline)
        {
            int number = files.NextOfMany();
            FileSequence.Verify(number, await File.ReadAllBytesAsync(files.Paths[number]));
            reads++;
        }

        return reads;
    }
}
