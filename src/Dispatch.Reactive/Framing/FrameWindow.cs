namespace Dispatch.Reactive;

/// <summary>
/// What the frames of one subscription are views of: the data that is being cut, or the buffer in which a frame was put together. Its version moves on whenever an <c>OnNext</c> has returned, so that a frame that was kept throws and does
/// not show the next one's bytes.
/// </summary>
internal sealed class FrameWindow
{
    private BufferLease lease;
    private ReadOnlyMemory<byte> memory;
    private uint version;

    /// <summary>Gets the number that a frame carries.</summary>
    public uint Version => version;

    /// <summary>Shows a received buffer.</summary>
    public void Show(BufferLease data)
    {
        lease = data;
        memory = default;
    }

    /// <summary>Shows memory.</summary>
    public void Show(ReadOnlyMemory<byte> data) => memory = data;

    /// <summary>Shows nothing: what was shown belongs to others again.</summary>
    public void Close()
    {
        lease = default;
        memory = default;
    }

    /// <summary>Ends the frame that was told.</summary>
    public void EndFrame() => Volatile.Write(ref version, version + 1);

    /// <summary>Gets what is shown. Throws when the frame that asks has ended.</summary>
    public ReadOnlySpan<byte> Bytes(uint asked)
    {
        if (Volatile.Read(ref version) != asked)
        {
            throw new ObjectDisposedException(
                nameof(Frame),
                "This frame has ended: it was valid during the OnNext that brought it. Put Copied() behind the framing operator to keep what it brings, to delay it, or to take it to another thread.");
        }

        return memory.IsEmpty ? lease.Span : memory.Span;
    }
}
