namespace Dispatch;

/// <summary>The idle input segments of a loop. Owner thread only.</summary>
internal sealed class InputSegmentPool(int limit)
{
    private readonly Stack<InputSegment> idle = new();

    /// <summary>Takes one.</summary>
    public InputSegment Rent() => idle.TryPop(out InputSegment? segment) ? segment : new InputSegment();

    /// <summary>Takes one back.</summary>
    public void Return(InputSegment segment)
    {
        if (idle.Count < limit)
        {
            idle.Push(segment);
        }
    }
}
