namespace Dispatch;

/// <summary>Where <see cref="IoRequest.Pipe"/> writes the two descriptors of a new pipe. They are the caller's to close, once the request has succeeded. One request at a time.</summary>
public sealed class PipeEnds : IOrphanResults
{
    private readonly byte[] record = new byte[8];

    /// <summary>Gets the descriptor to read from.</summary>
    public int ReadEnd => BitConverter.ToInt32(record, 0);

    /// <summary>Gets the descriptor to write to.</summary>
    public int WriteEnd => BitConverter.ToInt32(record, sizeof(int));

    internal Memory<byte> Record => record;

    /// <inheritdoc/>
    void IOrphanResults.Abandon(LoopEngine engine, in CompletionEntry entry)
    {
        _ = engine.Ring.Calls.Close(ReadEnd);
        _ = engine.Ring.Calls.Close(WriteEnd);
        engine.CountOrphan();
    }
}
