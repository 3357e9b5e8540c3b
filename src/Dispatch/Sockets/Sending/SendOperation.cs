using System.Buffers;

namespace Dispatch;

/// <summary>One awaited send of one block of memory. A short send goes on where it stopped, before any later send of the connection starts.</summary>
internal sealed class SendOperation(LoopEngine engine) : QueuedSend(engine)
{
    private MemoryHandle pin;
    private BufferPool? heldPool;
    private int heldBuffer;
    private nint address;
    private int remaining;

    /// <summary>Prepares to send from memory that is pinned here until the end.</summary>
    public void Prepare(Connection connection, ReadOnlyMemory<byte> data)
    {
        pin = data.Pin();
        unsafe
        {
            address = (nint)pin.Pointer;
        }

        remaining = data.Length;
        Begin(connection);
    }

    /// <summary>Prepares to send from a leased buffer, which stays out of the pool until the end even if the lease is disposed before.</summary>
    public void Prepare(Connection connection, in BufferLease data)
    {
        address = data.Hold(out heldBuffer);
        heldPool = data.Pool;
        remaining = data.Length;
        Begin(connection);
    }

    /// <inheritdoc/>
    public override void ReturnToPool() => Engine.SendPool.Return(this);

    /// <inheritdoc/>
    protected override void ReturnFromAnyThread() => Engine.SendPool.ReturnFromAnyThread(this);

    /// <inheritdoc/>
    protected override void StageRest()
    {
        SubmissionEntry entry = default;
        entry.Opcode = Opcode.Send;
        entry.Fd = Connection!.OwnedDescriptor.Number;
        entry.Address = (ulong)address;
        entry.Length = (uint)remaining;

        // WAITALL: the kernel itself goes on after a short send, without a completion between. NOSIGNAL: a vanished peer is an error, not a signal.
        entry.OperationFlags = (uint)(MessageFlags.WaitAll | MessageFlags.NoSignal);
        StageEntry(entry);
    }

    /// <inheritdoc/>
    protected override bool Advance(int sent)
    {
        remaining -= sent;
        address += sent;
        return remaining <= 0;
    }

    /// <inheritdoc/>
    protected override void ReturnMemory()
    {
        pin.Dispose();
        pin = default;
        if (heldPool is { } pool)
        {
            heldPool = null;
            pool.ReleaseHold(heldBuffer);
        }
    }
}
