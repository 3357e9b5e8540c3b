using System.Threading.Channels;

namespace Dispatch.Benchmarks;

/// <summary>Messages through a <see cref="Channel{T}"/> to a reader on the pool.</summary>
internal sealed class ChannelStream : StreamWorkload
{
    private readonly Channel<long> channel = Channel.CreateUnbounded<long>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly Task reader;

    public ChannelStream()
    {
        reader = Task.Run(ReadAsync);
    }

    public override void Dispose()
    {
        channel.Writer.Complete();
        reader.GetAwaiter().GetResult();
    }

    protected override void Send(long number) => channel.Writer.TryWrite(number);

    private async Task ReadAsync()
    {
        await foreach (long message in channel.Reader.ReadAllAsync())
        {
            Received(message);
        }
    }
}
