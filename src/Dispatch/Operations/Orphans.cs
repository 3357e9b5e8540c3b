namespace Dispatch;

/// <summary>
/// What happens to a result that nobody takes any more: a descriptor is closed, a slot cleared, a provided buffer goes back. Counted, because each is something
/// that succeeded and was thrown away.
/// </summary>
internal static class Orphans
{
    /// <summary>Disposes of one completion. Owner only.</summary>
    /// <param name="engine">The loop.</param>
    /// <param name="opcode">What the request was.</param>
    /// <param name="fileIndex">The entry's field: not 0 when a direct descriptor was made, whose result is no number to be closed.</param>
    /// <param name="results">Where it wrote descriptors, or null.</param>
    /// <param name="entry">The completion.</param>
    public static void Dispose(LoopEngine engine, Opcode opcode, uint fileIndex, IOrphanResults? results, in CompletionEntry entry)
    {
        if (entry.Result >= 0)
        {
            results?.Abandon(engine, entry);
        }

        // A send's buffer is of a group that the user has provided.
        if ((entry.Flags & IoUringAbi.IORING_CQE_F_BUFFER) != 0 && opcode != Opcode.Send && engine.ReceiveBuffersIfCreated is { } buffers)
        {
            buffers.RecycleAll(entry.Flags, entry.Result);
            engine.CountOrphan();
        }

        if (entry.Result < 0 || opcode is not (Opcode.Accept or Opcode.Openat or Opcode.Openat2 or Opcode.Socket or Opcode.FixedFdInstall or CallEntry.DescriptorCall))
        {
            return;
        }

        if (fileIndex == 0)
        {
            _ = engine.Ring.Calls.Close(entry.Result);
        }
        else
        {
            uint slot = fileIndex == IoUringAbi.IORING_FILE_INDEX_ALLOC ? (uint)entry.Result + 1 : fileIndex;
            engine.StageSilent(new SubmissionEntry { Opcode = Opcode.Close, FileIndex = slot });
        }

        engine.CountOrphan();
    }
}
