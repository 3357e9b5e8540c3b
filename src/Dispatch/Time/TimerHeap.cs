namespace Dispatch;

/// <summary>A binary heap of timers, the earliest on top; nodes carry their index, so removal costs a sift and no search.</summary>
internal sealed class TimerHeap
{
    private TimerNode[] nodes = new TimerNode[16];

    /// <summary>Gets the number of timers.</summary>
    public int Count { get; private set; }

    /// <summary>Gets the earliest timer. There must be one.</summary>
    public TimerNode Top => nodes[0];

    /// <summary>Adds a node that is in no heap.</summary>
    public void Add(TimerNode node)
    {
        if (Count == nodes.Length)
        {
            Array.Resize(ref nodes, nodes.Length * 2);
        }

        SiftUp(Count++, node);
    }

    /// <summary>Takes a node out, if it is in.</summary>
    public void Remove(TimerNode node)
    {
        int hole = node.HeapIndex;
        if (hole < 0)
        {
            return;
        }

        node.HeapIndex = -1;
        TimerNode last = nodes[--Count];
        nodes[Count] = null!;
        if (ReferenceEquals(last, node))
        {
            return;
        }

        if (hole > 0 && IsBefore(last, nodes[(hole - 1) / 2]))
        {
            SiftUp(hole, last);
        }
        else
        {
            SiftDown(hole, last);
        }
    }

    private static bool IsBefore(TimerNode left, TimerNode right) => left.Due < right.Due || (left.Due == right.Due && left.Order < right.Order);

    private void SiftUp(int hole, TimerNode node)
    {
        while (hole > 0)
        {
            int parent = (hole - 1) / 2;
            if (!IsBefore(node, nodes[parent]))
            {
                break;
            }

            Put(hole, nodes[parent]);
            hole = parent;
        }

        Put(hole, node);
    }

    private void SiftDown(int hole, TimerNode node)
    {
        while (true)
        {
            int child = (hole * 2) + 1;
            if (child >= Count)
            {
                break;
            }

            if (child + 1 < Count && IsBefore(nodes[child + 1], nodes[child]))
            {
                child++;
            }

            if (!IsBefore(nodes[child], node))
            {
                break;
            }

            Put(hole, nodes[child]);
            hole = child;
        }

        Put(hole, node);
    }

    private void Put(int index, TimerNode node)
    {
        nodes[index] = node;
        node.HeapIndex = index;
    }
}
