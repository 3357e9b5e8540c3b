using System.Buffers.Binary;

namespace Dispatch.Testing;

/// <summary>A counter that is written to and read: <c>eventfd(2)</c>.</summary>
internal sealed class EventDescription(SimulatedKernel kernel, ulong value, bool isSemaphore) : OpenDescription(kernel)
{
    private ulong count = value;

    /// <inheritdoc/>
    public override PollEvents Readiness => (count != 0 ? PollEvents.Readable : 0) | (count < ulong.MaxValue - 1 ? PollEvents.Writable : 0);

    /// <inheritdoc/>
    public override string Kind => "eventfd";

    /// <inheritdoc/>
    public override int Read(Span<byte> destination, long offset, uint flags)
    {
        if (destination.Length < sizeof(ulong))
        {
            return -Errno.EINVAL;
        }

        if (count == 0)
        {
            return Outcome.WouldBlock;
        }

        ulong taken = isSemaphore ? 1 : count;
        BinaryPrimitives.WriteUInt64LittleEndian(destination, taken);
        count -= taken;
        Notify(PollEvents.Writable);
        return sizeof(ulong);
    }

    /// <inheritdoc/>
    public override int Write(ReadOnlySpan<byte> source, long offset, uint flags)
    {
        if (source.Length < sizeof(ulong))
        {
            return -Errno.EINVAL;
        }

        ulong added = BinaryPrimitives.ReadUInt64LittleEndian(source);
        if (added == ulong.MaxValue)
        {
            return -Errno.EINVAL;
        }

        if (added > ulong.MaxValue - 1 - count)
        {
            return Outcome.WouldBlock;
        }

        count += added;
        Notify(PollEvents.Readable);
        return sizeof(ulong);
    }

    /// <inheritdoc/>
    protected override void OnReleased()
    {
    }
}
