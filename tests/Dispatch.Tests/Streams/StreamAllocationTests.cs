namespace Dispatch.Tests.Streams;

/// <summary>Nothing is allocated an item in the steady state, pushed or pulled, by any stream.</summary>
public sealed class StreamAllocationTests
{
    [Fact]
    public void Ticks_allocate_nothing() => OnLoop.Run(async loop =>
    {
        TickStream ticks = TickStream.Interval(TimeSpan.FromTicks(1), loop: loop);
        await Pushed(loop, ticks, () => { });
        await Pulled(ticks, () => { });
    });

    [Fact]
    public void Readiness_allocates_nothing() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        Readiness readiness = Readiness.Watch(pipe.ReadEnd, PollEvents.Readable, loop);
        Native.WriteByte(pipe.WriteEnd);
        Action next = () =>
        {
            Native.ReadByte(pipe.ReadEnd);
            Native.WriteByte(pipe.WriteEnd);
        };
        await Pushed(loop, readiness, next);
        await Pulled(readiness, next);
    });

    [Fact]
    public void Messages_allocate_nothing() => OnLoop.Run(async loop =>
    {
        LoopChannel<long> channel = new(loop: loop);
        channel.TryWrite(0);
        await Pushed(loop, channel, () => channel.TryWrite(1));
        await Pulled(channel, () => channel.TryWrite(1));
    });

    [Fact]
    public void Changes_allocate_nothing() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        using FileStream file = new(folder["f"], FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        int number = (int)file.SafeFileHandle.DangerousGetHandle();
        await using DirectoryWatcher watcher = DirectoryWatcher.Watch(folder.Path, FileChangeKind.Modified, loop: loop);
        Native.WriteByte(number);
        await Pushed(loop, watcher.Changes, () => Native.WriteByte(number));
        await Pulled(watcher.Changes, () => Native.WriteByte(number));
    });

    [Fact]
    public void Lines_allocate_nothing() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        using FileStream file = new(folder["f"], FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        int number = (int)file.SafeFileHandle.DangerousGetHandle();
        await using FileTail tail = await FileTail.OpenAsync(folder["f"]);
        Native.WriteByte(number);
        await Pushed(loop, tail.Lines, () => Native.WriteByte(number));
        await Pulled(tail.Lines, () => Native.WriteByte(number));
    });

    [Fact]
    public void Data_of_a_pipe_allocates_nothing() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        await using PipeSource source = PipeSource.Adopt(new Microsoft.Win32.SafeHandles.SafePipeHandle(pipe.ReadEnd, ownsHandle: false), loop: loop);
        Native.WriteByte(pipe.WriteEnd);
        await Pushed(loop, source.Data, () => Native.WriteByte(pipe.WriteEnd));
        await Pulled(source.Data, () => Native.WriteByte(pipe.WriteEnd));
    });

    private static async Task Pushed<T>(EventLoop loop, LoopStream<T> stream, Action next)
    {
        Counter<T> counter = new(next);
        using IDisposable subscription = stream.Subscribe(counter);
        while (counter.Count < Counter<T>.All)
        {
            await loop.DelayAsync(TimeSpan.FromMilliseconds(1));
        }

        Assert.InRange(counter.Allocated, 0, 1024); // The test's own waiting, where a pool grows.
    }

    private static async Task Pulled<T>(LoopStream<T> stream, Action next)
    {
        long before = 0;
        long allocated = -1;
        int count = 0;
        await foreach (T item in stream.ReadAllAsync())
        {
            _ = item;
            count++;
            if (count == Counter<T>.Warm)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }
            else if (count == Counter<T>.All)
            {
                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                break;
            }

            next();
        }

        Assert.InRange(allocated, 0, 1024);
        next();
    }

    private sealed class Counter<T>(Action next) : IObserver<T>
    {
        public const int Warm = 2_000;
        public const int All = 12_000;
        private long before;

        public int Count { get; private set; }

        public long Allocated { get; private set; } = -1;

        public void OnNext(T value)
        {
            Count++;
            if (Count == Warm)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }
            else if (Count == All)
            {
                Allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            }

            next();
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error) => throw error;
    }
}
