namespace Dispatch.Testing;

/// <summary>What is to happen, the earliest first and, of equals, the one that was scheduled first: a binary heap.</summary>
internal sealed class EventQueue
{
    private SimulatedEvent[] nodes = new SimulatedEvent[64];
    private long scheduled;

    /// <summary>Gets the number of events.</summary>
    public int Count { get; private set; }

    /// <summary>Gets when the earliest is; <see cref="long.MaxValue"/> when there is none.</summary>
    public long NextTime => Count == 0 ? long.MaxValue : nodes[0].Time;

    /// <summary>Schedules an event, or moves it.</summary>
    public void Schedule(SimulatedEvent item, long time)
    {
        Remove(item);
        item.Time = time;
        item.Order = ++scheduled;
        if (Count == nodes.Length)
        {
            Array.Resize(ref nodes, nodes.Length * 2);
        }

        Up(Count++, item);
    }

    /// <summary>Takes an event out, if it is in.</summary>
    public void Remove(SimulatedEvent item)
    {
        int hole = item.HeapIndex;
        if (hole < 0)
        {
            return;
        }

        item.HeapIndex = -1;
        SimulatedEvent moved = nodes[--Count];
        nodes[Count] = null!;
        if (ReferenceEquals(moved, item))
        {
            return;
        }

        if (hole > 0 && IsBefore(moved, nodes[(hole - 1) / 2]))
        {
            Up(hole, moved);
        }
        else
        {
            Down(hole, moved);
        }
    }

    /// <summary>Takes the earliest. There must be one.</summary>
    public SimulatedEvent Take()
    {
        SimulatedEvent first = nodes[0];
        Remove(first);
        return first;
    }

    private static bool IsBefore(SimulatedEvent left, SimulatedEvent right) =>
        left.Time < right.Time || (left.Time == right.Time && left.Order < right.Order);

    private void Up(int hole, SimulatedEvent item)
    {
        for (; hole > 0; hole = (hole - 1) / 2)
        {
            SimulatedEvent parent = nodes[(hole - 1) / 2];
            if (!IsBefore(item, parent))
            {
                break;
            }

            Put(hole, parent);
        }

        Put(hole, item);
    }

    private void Down(int hole, SimulatedEvent item)
    {
        for (int child = (hole * 2) + 1; child < Count; child = (hole * 2) + 1)
        {
            if (child + 1 < Count && IsBefore(nodes[child + 1], nodes[child]))
            {
                child++;
            }

            if (!IsBefore(nodes[child], item))
            {
                break;
            }

            Put(hole, nodes[child]);
            hole = child;
        }

        Put(hole, item);
    }

    private void Put(int index, SimulatedEvent item)
    {
        nodes[index] = item;
        item.HeapIndex = index;
    }
}
