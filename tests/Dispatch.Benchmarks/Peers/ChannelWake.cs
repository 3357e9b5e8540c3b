using System.Threading.Channels;

namespace Dispatch.Benchmarks;

/// <summary>Wakes a <see cref="Channel{T}"/> reader on the thread pool.</summary>
internal sealed class ChannelWake : WakeWorkload
{
    private readonly Channel<int> channel = Channel.CreateUnbounded<int>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly Task reader;

    public ChannelWake()
    {
        reader = Task.Run(ReadAsync);
    }

    public override void Dispose()
    {
        channel.Writer.Complete();
        reader.GetAwaiter().GetResult();
    }

    protected override void Send() => channel.Writer.TryWrite(1);

    private async Task ReadAsync()
    {
        await foreach (int message in channel.Reader.ReadAllAsync())
        {
            Received();
        }
    }
}
