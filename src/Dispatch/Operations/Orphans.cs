namespace Dispatch;

/// <summary>
/// What happens to a result that nobody takes any more: a descriptor is closed, a provided buffer goes back. Counted, because each is something
/// that succeeded and was thrown away.
/// </summary>
internal static class Orphans
{
    /// <summary>Disposes of one completion. Owner only.</summary>
    public static void Dispose(LoopEngine engine, Opcode opcode, in CompletionEntry entry)
    {
        if ((entry.Flags & IoUringAbi.IORING_CQE_F_BUFFER) != 0 && engine.ReceiveBuffersIfCreated is { } buffers)
        {
            buffers.Recycle((ushort)(entry.Flags >> IoUringAbi.IORING_CQE_BUFFER_SHIFT));
            engine.CountOrphan();
        }

        if (entry.Result >= 0 && opcode is Opcode.Accept or Opcode.Openat or Opcode.Openat2 or Opcode.Socket or CallEntry.DescriptorCall && entry.Result >= 0)
        {
            _ = engine.Ring.Calls.Close(entry.Result);
            engine.CountOrphan();
        }
    }
}
