namespace Dispatch.Benchmarks;

/// <summary>Random 4 KiB reads submitted raw and taken out of the ring, into memory that needs no pinning.</summary>
internal sealed class LoopReadsRaw : IWorkload
{
    private readonly EventLoop loop = KernelChoice.Attach();
    private readonly DispatchFile file;
    private readonly AlignedMemory[] buffers;
    private readonly long[] wanted;
    private BlockSequence sequence;

    public LoopReadsRaw(string path, int depth, bool direct)
    {
        sequence = new BlockSequence(0, new FileInfo(path).Length / Workspace.BlockSize);
        buffers = [.. Enumerable.Range(0, depth).Select(_ => AlignedMemory.Allocate(Workspace.BlockSize))];
        wanted = new long[depth];
        Task<DispatchFile> opening = DispatchFile.OpenAsync(path, new FileOpenOptions { Direct = direct });
        Drive(opening);
        file = opening.GetAwaiter().GetResult();
    }

    public Window Run(TimeSpan length)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long cpuNs = CpuClock.OfThisProcess();
        long begin = WallClock.NowNs();
        long deadline = WallClock.DeadlineNs(begin, length);
        long reads = 0;
        int inFlight = buffers.Length;
        bool again = true;
        for (int i = 0; i < inFlight; i++)
        {
            Submit(i);
        }

        while (inFlight > 0)
        {
            if (!loop.TryTake(out Completion completion))
            {
                continue;
            }

            int index = (int)completion.Tag;
            Verify(index, completion.Result);
            reads++;
            if (reads % buffers.Length == 0)
            {
                again = WallClock.NowNs() < deadline;
            }

            if (again)
            {
                Submit(index);
            }
            else
            {
                inFlight--;
            }
        }

        return new Window
        {
            Operations = reads,
            WallNs = WallClock.NowNs() - begin,
            CpuNs = CpuClock.OfThisProcess() - cpuNs,
            AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - allocated,
        };
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

    private void Submit(int index)
    {
        wanted[index] = sequence.Next();
        loop.Submit(IoRequest.Read(file, buffers[index].Address, Workspace.BlockSize, wanted[index] * Workspace.BlockSize), (ulong)index);
    }

    private unsafe void Verify(int index, long count)
    {
        if (count != Workspace.BlockSize || *(long*)buffers[index].Address != wanted[index])
        {
            throw new InvalidDataException($"The read of block {wanted[index]} brought {count} bytes of another.");
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
