namespace Dispatch.Benchmarks;

/// <summary>As many async methods as calls in flight, each of which has another thread make a small blocking call and awaits it, again and again.</summary>
internal sealed class CallWorkload : IWorkload
{
    private readonly EventLoop? loop;
    private readonly Func<Task> worker;
    private readonly int depth;
    private long deadline;
    private long calls;
    private bool again;

    private CallWorkload(int depth, EventLoop? loop, Func<CallWorkload, Task> worker)
    {
        this.depth = depth;
        this.loop = loop;
        this.worker = () => worker(this);
    }

    /// <summary>A worker of the loop makes it, and the await comes back to the loop.</summary>
    public static CallWorkload OnWorkers(int depth)
    {
        EventLoop loop = KernelChoice.Attach();
        IoRequest request = IoRequest.Syscall(SystemCallInfo.All.Single(c => c.Name == "getppid").Number);
        return new CallWorkload(depth, loop, async self =>
        {
            while (self.Goes())
            {
                await loop.ExecuteAsync(request);
            }
        });
    }

    /// <summary>A thread of the pool makes it, and the await comes back to the loop.</summary>
    public static CallWorkload OnPoolFromLoop(int depth) => new(depth, KernelChoice.Attach(), CallOnPool);

    /// <summary>A thread of the pool makes it, and the await goes on wherever it is, which is in the pool.</summary>
    public static CallWorkload OnPool(int depth) => new(depth, null, CallOnPool);

    public Window Run(TimeSpan length)
    {
        calls = 0;
        again = true;
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long cpuNs = CpuClock.OfThisProcess();
        long begin = WallClock.NowNs();
        deadline = WallClock.DeadlineNs(begin, length);
        if (loop is null)
        {
            Task.WhenAll(Enumerable.Range(0, depth).Select(_ => Task.Run(worker))).GetAwaiter().GetResult();
        }
        else
        {
            using CancellationTokenSource ended = new();
            loop.Post(async () =>
            {
                await Task.WhenAll(Enumerable.Range(0, depth).Select(_ => worker()));
                ended.Cancel();
            });
            loop.Run(ended.Token);
        }

        return new Window
        {
            Operations = calls,
            WallNs = WallClock.NowNs() - begin,
            CpuNs = CpuClock.OfThisProcess() - cpuNs,
            AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true) - allocated,
        };
    }

    public void Dispose() => loop?.Dispose();

    private static async Task CallOnPool(CallWorkload self)
    {
        while (self.Goes())
        {
            await Task.Run(static () => Native.GetParent());
        }
    }

    private bool Goes()
    {
        long count = loop is null ? Interlocked.Increment(ref calls) : ++calls;
        if ((count & 15) == 0 && WallClock.NowNs() >= deadline)
        {
            again = false;
        }

        return Volatile.Read(ref again);
    }
}
