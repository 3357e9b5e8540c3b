using System.Buffers;

namespace Dispatch;

/// <summary>
/// What a reader was given and has not consumed, in order, as segments of a sequence. Places are counted in bytes of the stream. The first few buffers are kept as the kernel filled them; beyond that, and when
/// half of the loop's buffers are out, data is copied together: readers that wait for the ends of long messages never keep more than half of the buffers from those that make use of them.
/// </summary>
internal sealed class InputChain(Connection connection)
{
    private InputSegment? head;
    private InputSegment? tail;
    private int leases;

    /// <summary>Gets the place of the first byte that was not consumed.</summary>
    public long Start { get; private set; }

    /// <summary>Gets the place behind the last byte.</summary>
    public long End { get; private set; }

    /// <summary>Gets all of it.</summary>
    public ReadOnlySequence<byte> Sequence => head is null ? default : new(head, (int)(Start - head.RunningIndex), tail!, tail!.Memory.Length);

    private LoopEngine Engine => connection.Engine;

    /// <summary>Adds data that has come.</summary>
    public void Add(BufferLease lease)
    {
        if (leases >= Engine.Options.ReceiveQuota || Engine.ReceiveBuffers.IsScarce)
        {
            Copy(lease.Span);
            lease.Dispose();
            return;
        }

        InputSegment segment = Engine.InputSegments.Rent();
        segment.Begin(this, End, lease);
        leases++;
        Link(segment);
        End += lease.Length;
    }

    /// <summary>Translates a position of the sequence to a place in the stream. Throws when it is none of this sequence.</summary>
    public long PlaceOf(SequencePosition position, string name)
    {
        int index = position.GetInteger() & int.MaxValue;
        switch (position.GetObject())
        {
            case null when head is null && index == 0:
                return Start;
            case InputSegment segment when ReferenceEquals(segment.Chain, this) && segment.RunningIndex + index is var place && place >= Start && index <= segment.Memory.Length:
                return place;
            default:
                throw new ArgumentOutOfRangeException(name, $"The {name} position is not one of the buffer of the last read. Take positions from ReadResult.Buffer, and do not use it after AdvanceTo.");
        }
    }

    /// <summary>Lets go of everything before a place.</summary>
    public void Consume(long place)
    {
        while (head is { } first && first.End <= place)
        {
            head = first.Following;
            leases -= first.IsLease ? 1 : 0;
            first.Release(Engine.Blocks);
            Engine.InputSegments.Return(first);
        }

        if (head is null)
        {
            tail = null;
        }

        Start = place;
    }

    /// <summary>Lets go of everything, which nobody will read.</summary>
    public void Drop()
    {
        if (head is not null)
        {
            Engine.CountOrphan();
        }

        Consume(End);
    }

    /// <summary>Takes everything out as leases, in order.</summary>
    public void MoveTo(UnreadLeases unread)
    {
        List<BufferLease> rest = [];
        while (head is { } first)
        {
            head = first.Following;
            rest.Add(first.Take((int)(Math.Max(Start, first.RunningIndex) - first.RunningIndex), Engine.Blocks));
            Engine.InputSegments.Return(first);
        }

        tail = null;
        leases = 0;
        Start = End;
        unread.AddBefore(rest);
    }

    /// <summary>Gives the buffers back; their data is copied. Not while a sequence is being looked at.</summary>
    public void Settle()
    {
        for (InputSegment? segment = head; segment is not null; segment = segment.Following)
        {
            segment.Settle(Engine.Blocks);
        }

        leases = 0;
    }

    private void Copy(ReadOnlySpan<byte> data)
    {
        End += data.Length;
        while (!data.IsEmpty)
        {
            if (tail is not { Room: > 0 })
            {
                InputSegment segment = Engine.InputSegments.Rent();
                segment.Begin(this, tail?.End ?? Start, Engine.Blocks.Rent(1));
                Link(segment);
            }

            data = data[tail!.Append(data)..];
        }
    }

    private void Link(InputSegment segment)
    {
        if (tail is null)
        {
            head = segment;
        }
        else
        {
            tail.Link(segment);
        }

        tail = segment;
    }
}
