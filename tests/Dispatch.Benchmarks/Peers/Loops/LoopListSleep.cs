namespace Dispatch.Benchmarks;

/// <summary>NOPs as the entries of one list, submitted by another thread to a loop that sleeps, and waited for asleep. Measured is the process: what both threads do.</summary>
internal sealed class LoopListSleep : IWorkload
{
    private const int TurnsBetweenLooks = 16;

    private readonly Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = KernelChoice.Kind, LoopCount = 1 });
    private readonly RequestList list = [];

    public LoopListSleep(int batch)
    {
        for (int i = 0; i < batch; i++)
        {
            list.Add(IoRequest.Nop());
        }
    }

    public Window Run(TimeSpan length)
    {
        EventLoop loop = dispatcher.Loops[0];
        long operations = 0;
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long cpuNs = CpuClock.OfThisProcess();
        long begin = WallClock.NowNs();
        long deadline = WallClock.DeadlineNs(begin, length);
        long now;
        do
        {
            for (int turn = 0; turn < TurnsBetweenLooks; turn++)
            {
                loop.Submit(list);
                list.WaitAll();
                for (int i = 0; i < list.Count; i++)
                {
                    if (list[i].Result != 0)
                    {
                        throw new InvalidDataException($"A NOP ended with {list[i].Completion}.");
                    }
                }

                operations += list.Count;
            }

            now = WallClock.NowNs();
        }
        while (now < deadline);

        return new Window
        {
            Operations = operations,
            WallNs = now - begin,
            CpuNs = CpuClock.OfThisProcess() - cpuNs,
            AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true) - allocated,
        };
    }

    public void Dispose()
    {
        list.Dispose();
        dispatcher.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
