using System.Buffers;

namespace Dispatch;

/// <summary>What a pinned receive buffer is unpinned by: one a buffer, for ever the same, so that it names the right buffer also when the memory that was pinned has long gone on to the next.</summary>
internal sealed class BufferPin(BufferPool pool, int id) : IPinnable
{
    /// <inheritdoc/>
    public MemoryHandle Pin(int elementIndex) => throw new NotSupportedException("A pin is made by the memory, and only ended here.");

    /// <inheritdoc/>
    public void Unpin() => pool.ReleaseHold(id);
}
