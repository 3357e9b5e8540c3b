namespace Dispatch;

/// <summary>An entry of a loop's timer queue. It knows its place in the heap, so that taking it out needs no search.</summary>
internal abstract class TimerNode
{
    /// <summary>Gets or sets when it is due: a timestamp of the loop's clock, in nanoseconds.</summary>
    public long Due { get; set; }

    /// <summary>Gets or sets the number of its start: of two that are due at the same time, the one that was started first comes first.</summary>
    public long Order { get; set; }

    /// <summary>Gets or sets the place in the heap, or −1.</summary>
    public int HeapIndex { get; set; } = -1;

    /// <summary>Runs on the owner when the time has come. The node is out of the queue by then.</summary>
    public abstract void Fire();

    /// <summary>The loop ends before the time has come. Whoever awaits has to be told.</summary>
    public virtual void Abandon()
    {
    }
}
