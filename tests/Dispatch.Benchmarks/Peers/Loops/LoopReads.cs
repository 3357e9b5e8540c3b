using System.Buffers.Binary;

namespace Dispatch.Benchmarks;

/// <summary>Random 4 KiB reads through a <see cref="DispatchFile"/>: as many async methods on one loop as reads in flight.</summary>
internal sealed class LoopReads : IWorkload
{
    private readonly EventLoop loop = KernelChoice.Attach();
    private readonly DispatchFile file;
    private readonly AlignedMemory[] buffers;
    private readonly BlockSequence[] sequences;
    private CancellationTokenSource ended = new();
    private long deadline;
    private long reads;
    private int reading;
    private bool again;

    public LoopReads(string path, int depth, bool direct)
    {
        long blocks = new FileInfo(path).Length / Workspace.BlockSize;
        buffers = [.. Enumerable.Range(0, depth).Select(_ => AlignedMemory.Allocate(Workspace.BlockSize))];
        sequences = [.. Enumerable.Range(0, depth).Select(index => new BlockSequence((ulong)index, blocks))];
        Task<DispatchFile> opening = DispatchFile.OpenAsync(path, new FileOpenOptions { Direct = direct });
        Drive(opening);
        file = opening.GetAwaiter().GetResult();
    }

    public Window Run(TimeSpan length)
    {
        ended = new CancellationTokenSource();
        reads = 0;
        reading = buffers.Length;
        again = true;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long cpuNs = CpuClock.OfThisProcess();
        long begin = WallClock.NowNs();
        deadline = WallClock.DeadlineNs(begin, length);
        Task[] readers = new Task[buffers.Length];
        loop.Post(() =>
        {
            for (int i = 0; i < readers.Length; i++)
            {
                readers[i] = ReadAsync(i);
            }
        });
        loop.Run(ended.Token);
        long wallNs = WallClock.NowNs() - begin;
        cpuNs = CpuClock.OfThisProcess() - cpuNs;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Task.WhenAll(readers).GetAwaiter().GetResult();
        return new Window { Operations = reads, WallNs = wallNs, CpuNs = cpuNs, AllocatedBytes = allocated };
    }

    public void Dispose()
    {
        Drive(file.CloseAsync());
        loop.Dispose();
        foreach (AlignedMemory buffer in buffers)
        {
            ((IDisposable)buffer).Dispose();
        }
    }

    private async Task ReadAsync(int index)
    {
        try
        {
            Memory<byte> buffer = buffers[index].Memory;
            while (again)
            {
                // One of them looks at the clock for all.
                if (index == 0 && WallClock.NowNs() >= deadline)
                {
                    again = false;
                }

                long block = sequences[index].Next();
                int count = await file.ReadAsync(buffer, block * Workspace.BlockSize);
                if (count != Workspace.BlockSize || BinaryPrimitives.ReadInt64LittleEndian(buffer.Span) != block)
                {
                    throw new InvalidDataException($"The read of block {block} brought {count} bytes of another.");
                }

                reads++;
            }
        }
        finally
        {
            if (--reading == 0)
            {
                ended.Cancel();
            }
        }
    }

    private void Drive(Task task)
    {
        while (!task.IsCompleted)
        {
            loop.Poll();
        }
    }
}
