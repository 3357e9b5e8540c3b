namespace Dispatch.Tests;

/// <summary>Nothing is allocated in steady state, whichever way a request is consumed.</summary>
public sealed class LoopAllocationTests
{
    private const int Count = 1_000_000;
    private const int Batch = 64;

    [Fact]
    public void A_million_raw_requests_allocate_nothing() => OnLoop.Poll(loop =>
    {
        Work(10_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Work(Count);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Work(int count)
        {
            for (int i = 0; i < count; i += Batch)
            {
                for (int j = 0; j < Batch; j++)
                {
                    loop.Submit(IoRequest.Nop(), (ulong)j);
                }

                int taken = 0;
                while (taken < Batch)
                {
                    taken += loop.TryTake(out _) ? 1 : 0;
                }
            }
        }
    });

    [Fact]
    public void A_million_observed_requests_allocate_nothing() => OnLoop.Poll(loop =>
    {
        Counter counter = new();
        Work(10_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Work(Count);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Work(int count)
        {
            for (int i = 0; i < count; i += Batch)
            {
                long goal = counter.Ended + Batch;
                for (int j = 0; j < Batch; j++)
                {
                    loop.Observe(IoRequest.Nop(), counter);
                }

                while (counter.Ended < goal)
                {
                    loop.Poll();
                }
            }
        }
    });

    [Fact]
    public void A_million_awaited_requests_allocate_nothing() => OnLoop.Run(async loop =>
    {
        await Work(10_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        await Work(Count);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // The state machine of Work itself, once.
        Assert.InRange(allocated, 0, 1024);

        async ValueTask Work(int count)
        {
            for (int i = 0; i < count; i++)
            {
                await loop.ExecuteAsync(IoRequest.Nop());
            }
        }
    });

    [Fact]
    public void A_million_awaits_with_a_token_and_a_pinned_array_allocate_nothing() => OnLoop.Run(async loop =>
    {
        using CancellationTokenSource source = new();
        using TestFolder folder = new();
        File.WriteAllBytes(folder["zeroes"], new byte[64]);
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(folder["zeroes"]);
        byte[] buffer = new byte[64];
        IoRequest read = IoRequest.Read(file, buffer, 0);
        await Work(10_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        await Work(Count / 4);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(allocated, 0, 1024);

        async ValueTask Work(int count)
        {
            for (int i = 0; i < count; i++)
            {
                await loop.ExecuteAsync(read, source.Token);
            }
        }
    });

    [Fact]
    public void Twenty_thousand_calls_on_workers_allocate_nothing_and_use_no_thread_of_the_pool() => OnLoop.Run(async loop =>
    {
        IoRequest call = IoRequest.Syscall(SystemCallInfo.All.Single(c => c.Name == "getppid").Number);
        await Work(1_000);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        long items = ThreadPool.CompletedWorkItemCount;
        await Work(20_000);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 100_000); // Other tests run beside, and have their own.
        Assert.InRange(ThreadPool.CompletedWorkItemCount - items, 0, 2_000);
        before = GC.GetAllocatedBytesForCurrentThread();
        await Work(20_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024);

        async ValueTask Work(int count)
        {
            for (int i = 0; i < count; i++)
            {
                await loop.ExecuteAsync(call);
            }
        }
    });

    [Fact]
    public void A_hundred_thousand_delays_allocate_nothing() => OnLoop.Run(async loop =>
    {
        await Work(1_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        await Work(100_000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(allocated, 0, 1024);

        async ValueTask Work(int count)
        {
            for (int i = 0; i < count; i++)
            {
                await loop.DelayAsync(TimeSpan.Zero);
            }
        }
    });

    private sealed class Counter : IObserver<Completion>
    {
        public long Ended { get; private set; }

        public void OnCompleted() => Ended++;

        public void OnError(Exception error) => throw error;

        public void OnNext(Completion value)
        {
        }
    }
}
