namespace Dispatch;

/// <summary>
/// The way of flushed data from a writer's thread to the owner of its connection. What is flushed before the owner comes joins what waits for it already: one message and one send then carry all of it. Neither side ever waits for
/// the other: whoever takes the chain out of <see cref="waiting"/> has it to itself, and who finds nothing there goes on.
/// </summary>
/// <remarks>
/// Why nothing is left behind. The writer puts the chain back first and then looks whether a message is on its way. The owner, at the message, first says that none is, and then takes the chain. So when the owner misses a chain that
/// the writer has in its hands, the writer finds no message on its way, and sends one.
/// </remarks>
internal sealed class FlushRelay(ConnectionOutput output)
{
    private static readonly InboxAction Arrived = static (s, _) => ((FlushRelay)s!).Arrive();

    private MemoryBlock? waiting;
    private bool isOnItsWay;
    private long travelling;

    /// <summary>Gets how many bytes are on their way.</summary>
    public long Bytes => Volatile.Read(ref travelling);

    /// <summary>Sends blocks to the owner. The writer's thread. False when the loop has stopped; what has not arrived is then the caller's again.</summary>
    public bool TrySend(ref MemoryBlock? first, ref MemoryBlock? last, ref long bytes)
    {
        Interlocked.Add(ref travelling, bytes);
        MemoryBlock? before = Interlocked.Exchange(ref waiting, null);
        Interlocked.Exchange(ref waiting, before is null ? Begin(first!, last!) : Join(before, first!, last!));
        if (Interlocked.Exchange(ref isOnItsWay, true) || output.Connection.TryPostFromElsewhere(Arrived, this))
        {
            return true;
        }

        Volatile.Write(ref isOnItsWay, false);
        first = Take(out last, out bytes);
        return first is null; // The owner has it: it was at the message before.
    }

    /// <summary>The message has come; or the connection has come to another loop, or is about to close, and has nothing to wait for. What cannot be sent any more is dropped: the next flush, and the reader, are told why.</summary>
    public void Arrive()
    {
        if (output.Connection.IsMoving)
        {
            return; // Its descriptor is to be at rest. Where it lands, this is called again. (This look comes first: a new owner is written before the move is over.)
        }

        if (!output.Engine.IsOwner)
        {
            // The connection has moved meanwhile. To a loop that has stopped, perhaps: then the next flush is to find that out.
            if (!output.Engine.Posted.TryPost(Arrived, this, 0))
            {
                Volatile.Write(ref isOnItsWay, false);
            }

            return;
        }

        Interlocked.Exchange(ref isOnItsWay, false);
        if (Take(out MemoryBlock? last, out long bytes) is { } first)
        {
            output.TrySend(first, last, bytes);
        }
    }

    private static MemoryBlock Begin(MemoryBlock first, MemoryBlock last)
    {
        first.Last = last;
        return first;
    }

    private static MemoryBlock Join(MemoryBlock before, MemoryBlock first, MemoryBlock last)
    {
        MemoryBlock end = before.Last!;
        if (first.Next is null && first.Length <= end.Room)
        {
            end.Append(first);
            BlockPool.ReturnAnywhere(first);
        }
        else
        {
            end.Next = first;
            before.Last = last;
        }

        return before;
    }

    private MemoryBlock? Take(out MemoryBlock? last, out long bytes)
    {
        bytes = 0;
        last = null;
        if (Interlocked.Exchange(ref waiting, null) is not { } first)
        {
            return null;
        }

        last = first.Last;
        first.Last = null;
        for (MemoryBlock? block = first; block is not null; block = block.Next)
        {
            bytes += block.Length;
        }

        Interlocked.Add(ref travelling, -bytes);
        return first;
    }
}
