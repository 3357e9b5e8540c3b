using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Dispatch.Reactive;

/// <summary>
/// A queue between one producer and one consumer that grows when it has to: no lock, no interlocked instruction, and nothing allocated while what is under way fits into what was allocated before.
/// </summary>
/// <remarks>
/// A chain of rings. The producer fills the last one, and links a new one, up to twice as large, when that is full; the consumer empties the first one, and goes on to the next when there is one and nothing more can come into its
/// own. Emptied rings are kept, eight of them, for the producer's next need, so that a backlog that comes and goes allocates nothing either. No more than those and the one in use, of 1,024 places each, are left of a burst, however
/// large it was.
/// </remarks>
/// <typeparam name="T">The type of an item.</typeparam>
internal sealed class GrowingQueue<T> : ItemQueue<T>
{
    private const int FirstLength = 32;
    private const int MaxLength = 1024;
    private const int MaxSpares = 8;

    /// <summary>Emptied rings of the full size. The consumer fills a place that is empty, the producer empties one that is full: each place is between the two alone.</summary>
    private readonly Ring?[] spares = new Ring?[MaxSpares];
    private Ring last; // These two change only when a ring is full or empty: the sides do not disturb each other here.
    private Ring first;

    public GrowingQueue()
    {
        first = last = new Ring(FirstLength);
    }

    /// <inheritdoc/>
    public override bool IsEmpty
    {
        get
        {
            Ring ring = Volatile.Read(ref first);
            return Volatile.Read(ref ring.Next) is null && Volatile.Read(ref ring.Ends.Head) == Volatile.Read(ref ring.Ends.Tail);
        }
    }

    /// <inheritdoc/>
    public override int Count
    {
        get
        {
            int count = 0;
            for (Ring? ring = Volatile.Read(ref first); ring is not null; ring = Volatile.Read(ref ring.Next))
            {
                count += (Volatile.Read(ref ring.Ends.Tail) - Volatile.Read(ref ring.Ends.Head)) & ring.Mask;
            }

            return count;
        }
    }

    /// <inheritdoc/>
    public override bool TryEnqueue(T item)
    {
        Ring ring = last;
        int tail = ring.Ends.Tail;
        int next = (tail + 1) & ring.Mask;
        if (next == ring.Ends.SeenHead)
        {
            ring.Ends.SeenHead = Volatile.Read(ref ring.Ends.Head);
            if (next == ring.Ends.SeenHead)
            {
                Grow(ring, item);
                return true;
            }
        }

        ring.Items[tail] = item;
        Volatile.Write(ref ring.Ends.Tail, next);
        return true;
    }

    /// <inheritdoc/>
    public override bool TryDequeue([MaybeNullWhen(false)] out T item)
    {
        Ring ring = first;
        int head = ring.Ends.Head;
        if (head == ring.Ends.SeenTail && !Refresh(ref ring, ref head))
        {
            item = default;
            return false;
        }

        item = ring.Items[head];
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
        {
            ring.Items[head] = default!; // What was taken is not kept alive by the place where it was.
        }

        Volatile.Write(ref ring.Ends.Head, (head + 1) & ring.Mask);
        return true;
    }

    /// <summary>The ring looked empty when last looked at. Looks again, and at the next ring.</summary>
    private bool Refresh(ref Ring ring, ref int head)
    {
        ring.Ends.SeenTail = Volatile.Read(ref ring.Ends.Tail);
        if (head != ring.Ends.SeenTail)
        {
            return true;
        }

        Ring? next = Volatile.Read(ref ring.Next);
        if (next is null)
        {
            return false;
        }

        // The producer has left this ring, but may have filled it up between our two looks.
        ring.Ends.SeenTail = Volatile.Read(ref ring.Ends.Tail);
        if (head != ring.Ends.SeenTail)
        {
            return true;
        }

        Volatile.Write(ref first, next);
        Spare(ring);
        ring = next;
        head = next.Ends.Head;
        next.Ends.SeenTail = Volatile.Read(ref next.Ends.Tail);
        return head != next.Ends.SeenTail;
    }

    private void Grow(Ring full, T item)
    {
        int length = Math.Min(full.Items.Length * 2, MaxLength);
        Ring ring = (length == MaxLength ? TakeSpare() : null) ?? new Ring(length);
        ring.Items[0] = item;
        ring.Ends.Tail = 1;
        Volatile.Write(ref full.Next, ring); // The consumer sees the item with it, and the producer is not in the old one any more.
        last = ring;
    }

    private void Spare(Ring emptied)
    {
        if (emptied.Items.Length < MaxLength)
        {
            return;
        }

        emptied.Empty();
        foreach (ref Ring? place in spares.AsSpan())
        {
            if (Volatile.Read(ref place) is null)
            {
                Volatile.Write(ref place, emptied);
                return;
            }
        }
    }

    private Ring? TakeSpare()
    {
        foreach (ref Ring? place in spares.AsSpan())
        {
            if (Volatile.Read(ref place) is { } ring)
            {
                Volatile.Write(ref place, null);
                return ring;
            }
        }

        return null;
    }

    private sealed class Ring(int length)
    {
        private RingEnds ends;
        private Ring? next;

        public T[] Items { get; } = new T[length];

        public int Mask { get; } = length - 1;

        public ref RingEnds Ends => ref ends;

        /// <summary>Gets the ring after this one, which the producer is in or has been in.</summary>
        public ref Ring? Next => ref next;

        /// <summary>Makes it as new. Its places are empty already.</summary>
        public void Empty()
        {
            next = null;
            ends = default;
        }
    }
}
