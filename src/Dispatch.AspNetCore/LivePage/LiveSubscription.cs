using System.Threading.Channels;

namespace Dispatch.AspNetCore;

/// <summary>One who watches.</summary>
internal sealed class LiveSubscription(ChannelReader<byte[]> frames, Action leave) : IDisposable
{
    /// <summary>Gets the frames, as JSON. Shared with others: not to be written to.</summary>
    public ChannelReader<byte[]> Frames => frames;

    /// <inheritdoc/>
    public void Dispose() => leave();
}
