using System.Diagnostics.CodeAnalysis;

namespace Dispatch.Reactive;

/// <summary>
/// A queue of a fixed number of places. Either side may take from it, so that a producer who finds it full can drop the oldest item, and no side ever waits for the other.
/// </summary>
/// <remarks>
/// Every place carries a turn number: even while it is free, odd while it holds an item, and higher by two each time round. A side claims a place by moving its own counter, which only one can do at a time, when the place's turn is
/// the one that the counter stands for; and it announces the item, or the free place, with the turn's next number.
/// </remarks>
/// <typeparam name="T">The type of an item.</typeparam>
internal sealed class BoundedQueue<T>(int capacity) : ItemQueue<T>
{
    private readonly Place[] places = new Place[capacity];
    private long added;
    private long taken;

    /// <inheritdoc/>
    public override bool IsEmpty => Count == 0;

    /// <inheritdoc/>
    public override int Count
    {
        get
        {
            long until = Volatile.Read(ref taken);
            return (int)Math.Clamp(Volatile.Read(ref added) - until, 0, capacity);
        }
    }

    /// <inheritdoc/>
    public override bool TryEnqueue(T item)
    {
        long position = Volatile.Read(ref added);
        while (true)
        {
            ref Place place = ref places[position % capacity];
            long turn = position / capacity * 2;
            if (Volatile.Read(ref place.Turn) == turn)
            {
                if (Interlocked.CompareExchange(ref added, position + 1, position) == position)
                {
                    place.Item = item;
                    Volatile.Write(ref place.Turn, turn + 1);
                    return true;
                }
            }
            else if (Volatile.Read(ref added) == position)
            {
                return false;
            }

            position = Volatile.Read(ref added);
        }
    }

    /// <inheritdoc/>
    public override bool TryDequeue([MaybeNullWhen(false)] out T item)
    {
        long position = Volatile.Read(ref taken);
        while (true)
        {
            ref Place place = ref places[position % capacity];
            long turn = (position / capacity * 2) + 1;
            if (Volatile.Read(ref place.Turn) == turn)
            {
                if (Interlocked.CompareExchange(ref taken, position + 1, position) == position)
                {
                    item = place.Item;
                    place.Item = default!;
                    Volatile.Write(ref place.Turn, turn + 1);
                    return true;
                }
            }
            else if (Volatile.Read(ref taken) == position)
            {
                item = default;
                return false;
            }

            position = Volatile.Read(ref taken);
        }
    }

    private struct Place
    {
        public long Turn;
        public T Item;
    }
}
