namespace Dispatch;

/// <summary>The armed timeouts of an emulated ring as a binary heap, the earliest on top and, of equals, the one that was begun first. Owner thread only.</summary>
internal sealed class TimeoutHeap
{
    private EmulatedRequest[] nodes = new EmulatedRequest[16];

    /// <summary>Gets the number of timeouts.</summary>
    public int Count { get; private set; }

    /// <summary>Gets the earliest. There must be one.</summary>
    public EmulatedRequest Top => nodes[0];

    /// <summary>Adds a timeout that is in no heap.</summary>
    public void Add(EmulatedRequest request)
    {
        if (Count == nodes.Length)
        {
            Array.Resize(ref nodes, nodes.Length * 2);
        }

        Up(Count++, request);
    }

    /// <summary>Takes a timeout out, if it is in.</summary>
    public void Remove(EmulatedRequest request)
    {
        int hole = request.HeapIndex;
        if (hole < 0)
        {
            return;
        }

        request.HeapIndex = -1;
        EmulatedRequest moved = nodes[--Count];
        nodes[Count] = null!;
        if (ReferenceEquals(moved, request))
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

    private static bool IsBefore(EmulatedRequest left, EmulatedRequest right) =>
        left.Due < right.Due || (left.Due == right.Due && left.Order < right.Order);

    private void Up(int hole, EmulatedRequest request)
    {
        for (; hole > 0; hole = (hole - 1) / 2)
        {
            EmulatedRequest parent = nodes[(hole - 1) / 2];
            if (!IsBefore(request, parent))
            {
                break;
            }

            Put(hole, parent);
        }

        Put(hole, request);
    }

    private void Down(int hole, EmulatedRequest request)
    {
        for (int child = (hole * 2) + 1; child < Count; child = (hole * 2) + 1)
        {
            if (child + 1 < Count && IsBefore(nodes[child + 1], nodes[child]))
            {
                child++;
            }

            if (!IsBefore(nodes[child], request))
            {
                break;
            }

            Put(hole, nodes[child]);
            hole = child;
        }

        Put(hole, request);
    }

    private void Put(int index, EmulatedRequest request)
    {
        nodes[index] = request;
        request.HeapIndex = index;
    }
}
