namespace Dispatch.Benchmarks;

/// <summary>Small files read whole by chains, so many in flight, into buffers of the reader's own or into the loop's.</summary>
internal sealed class LoopChainFiles : IWorkload
{
    private readonly EventLoop loop = KernelChoice.Attach();
    private readonly FileSequence files;
    private readonly byte[][] buffers;
    private readonly bool owned;
    private long deadline;

    public LoopChainFiles(string folder, int depth, bool owned)
    {
        files = new FileSequence(folder);
        buffers = [.. Enumerable.Range(0, depth).Select(_ => GC.AllocateArray<byte>(Workspace.BlockSize, pinned: true))];
        this.owned = owned;
    }

    public Window Run(TimeSpan length)
    {
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long cpuNs = CpuClock.OfThisProcess();
        long begin = WallClock.NowNs();
        deadline = WallClock.DeadlineNs(begin, length);
        Task<long[]> all = Task.FromResult<long[]>([]);
        loop.Post(() => all = Task.WhenAll(Enumerable.Range(0, buffers.Length).Select(index => owned ? ReadOwnedAsync() : ReadAsync(buffers[index]))));
        loop.Poll();
        while (!all.IsCompleted)
        {
            loop.Poll();
        }

        long reads = all.GetAwaiter().GetResult().Sum();
        return new Window
        {
            Operations = reads,
            WallNs = WallClock.NowNs() - begin,
            CpuNs = CpuClock.OfThisProcess() - cpuNs,
            AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true) - allocated,
        };
    }

    public void Dispose() => loop.Dispose();

    private async Task<long> ReadAsync(byte[] buffer)
    {
        long reads = 0;
        while (reads % 16 != 0 || WallClock.NowNs() < deadline)
        {
            int number = files.Next();
            FileSequence.Verify(number, buffer.AsSpan(0, await Chain.ReadFileAsync(files.Paths[number], buffer)));
            reads++;
        }

        return reads;
    }

    private async Task<long> ReadOwnedAsync()
    {
        long reads = 0;
        while (reads % 16 != 0 || WallClock.NowNs() < deadline)
        {
            int number = files.Next();
            using FileContent content = await Chain.ReadFileAsync(files.Paths[number]);
            FileSequence.Verify(number, content.Span);
            reads++;
        }

        return reads;
    }
}
