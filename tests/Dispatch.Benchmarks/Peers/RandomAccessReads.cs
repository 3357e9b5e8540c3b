using Microsoft.Win32.SafeHandles;

namespace Dispatch.Benchmarks;

/// <summary>Random 4 KiB reads with <see cref="RandomAccess"/>, as most would write it: as many async loops as reads in flight.</summary>
internal sealed class RandomAccessReads : IWorkload
{
    private readonly SafeFileHandle file;
    private readonly byte[][] buffers;
    private readonly BlockSequence[] sequences;

    public RandomAccessReads(string path, int depth)
    {
        file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.Asynchronous);
        long blocks = RandomAccess.GetLength(file) / Workspace.BlockSize;
        buffers = [.. Enumerable.Range(0, depth).Select(_ => new byte[Workspace.BlockSize])];
        sequences = [.. Enumerable.Range(0, depth).Select(index => new BlockSequence((ulong)index, blocks))];
    }

    public Window Run(TimeSpan length)
    {
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long cpuNs = CpuClock.OfThisProcess();
        long begin = WallClock.NowNs();
        long deadline = WallClock.DeadlineNs(begin, length);
        long[] reads = Task.WhenAll(Enumerable.Range(0, buffers.Length).Select(index => ReadUntilAsync(index, deadline))).GetAwaiter().GetResult();
        long wallNs = WallClock.NowNs() - begin;
        return new Window
        {
            Operations = reads.Sum(),
            WallNs = wallNs,
            CpuNs = CpuClock.OfThisProcess() - cpuNs,
            AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true) - allocated,
        };
    }

    public void Dispose() => file.Dispose();

    private async Task<long> ReadUntilAsync(int index, long deadline)
    {
        long reads = 0;
        byte[] buffer = buffers[index];
        while (WallClock.NowNs() < deadline)
        {
            long block = sequences[index].Next();
            int count = await RandomAccess.ReadAsync(file, buffer.AsMemory(), block * Workspace.BlockSize);
            if (count != buffer.Length || BitConverter.ToInt64(buffer) != block)
            {
                throw new InvalidDataException($"The read of block {block} brought {count} bytes of another.");
            }

            reads++;
        }

        return reads;
    }
}
