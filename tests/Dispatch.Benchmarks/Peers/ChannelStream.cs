using System.Threading.Channels;

namespace Dispatch.Benchmarks;

/// <summary>
/// Messages through a <see cref="Channel{T}"/> from this thread to a reader on the pool, as fast as they go, with so many on their way at most
/// that the channel does not grow.
/// </summary>
internal sealed class ChannelStream : IWorkload
{
    private const int MaxInFlight = 1024;

    private readonly Channel<long> channel = Channel.CreateUnbounded<long>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly Task reader;
    private long received;
    private long sent;

    public ChannelStream()
    {
        reader = Task.Run(ReadAsync);
    }

    public Window Run(TimeSpan length)
    {
        long first = sent;
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long cpuNs = CpuClock.OfThisProcess();
        long begin = WallClock.NowNs();
        long deadline = WallClock.DeadlineNs(begin, length);
        do
        {
            for (int i = 0; i < MaxInFlight / 4; i++)
            {
                channel.Writer.TryWrite(++sent);
            }

            WaitUntilInFlightIsAtMost(MaxInFlight * 3 / 4);
        }
        while (WallClock.NowNs() < deadline);

        WaitUntilInFlightIsAtMost(0);
        return new Window
        {
            Operations = sent - first,
            WallNs = WallClock.NowNs() - begin,
            CpuNs = CpuClock.OfThisProcess() - cpuNs,
            AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true) - allocated,
        };
    }

    public void Dispose()
    {
        channel.Writer.Complete();
        reader.GetAwaiter().GetResult();
    }

    private void WaitUntilInFlightIsAtMost(int count)
    {
        while (sent - Volatile.Read(ref received) > count)
        {
            BusyWait.Pause();
        }
    }

    private async Task ReadAsync()
    {
        await foreach (long message in channel.Reader.ReadAllAsync())
        {
            Volatile.Write(ref received, message);
        }
    }
}
