using System.Buffers;

namespace Dispatch;

/// <summary>One awaited send of several blocks of memory, all of which are pinned until the end. <c>sendmsg(2)</c>; a short send goes on where it stopped, within a block too.</summary>
internal sealed class GatherSend(LoopEngine engine) : QueuedSend(engine)
{
    private readonly MessageVector vector = new();
    private MemoryHandle[] pins = new MemoryHandle[8];
    private int pinned;

    /// <inheritdoc/>
    protected override Opcode Call => Opcode.Sendmsg;

    /// <summary>Prepares to send a sequence, which is not empty. When a block of it is gone already, it throws, and nothing stays pinned.</summary>
    public unsafe void Prepare(Connection connection, in ReadOnlySequence<byte> data)
    {
        try
        {
            foreach (ReadOnlyMemory<byte> block in data)
            {
                if (block.IsEmpty)
                {
                    continue;
                }

                if (pinned == pins.Length)
                {
                    Array.Resize(ref pins, pins.Length * 2);
                }

                pins[pinned] = block.Pin();
                vector.Add((nint)pins[pinned].Pointer, block.Length);
                pinned++;
            }
        }
        catch
        {
            ReturnMemory();
            throw;
        }

        Begin(connection);
    }

    /// <inheritdoc/>
    public override void ReturnToPool() => Engine.GatherPool.Return(this);

    /// <inheritdoc/>
    protected override void ReturnFromAnyThread() => Engine.GatherPool.ReturnFromAnyThread(this);

    /// <inheritdoc/>
    protected override void StageRest()
    {
        SubmissionEntry entry = default;
        entry.Fd = Connection!.OwnedDescriptor.Number;
        vector.Describe(ref entry);
        StageEntry(entry);
    }

    /// <inheritdoc/>
    protected override bool Advance(int sent)
    {
        vector.Advance(sent);
        return vector.Remaining <= 0;
    }

    /// <inheritdoc/>
    protected override void ReturnMemory()
    {
        vector.Clear();
        foreach (ref MemoryHandle pin in pins.AsSpan(0, pinned))
        {
            pin.Dispose();
            pin = default;
        }

        pinned = 0;
        if (pins.Length > MessageVector.MostPieces)
        {
            pins = new MemoryHandle[8];
        }
    }
}
