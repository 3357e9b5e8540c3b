namespace Dispatch.Testing;

/// <summary>Something that happens at a time. The object is its own place in the queue, so that scheduling allocates nothing.</summary>
internal abstract class SimulatedEvent
{
    /// <summary>Gets or sets when it happens, in nanoseconds of virtual time.</summary>
    public long Time { get; set; }

    /// <summary>Gets or sets when it was scheduled, counted: of two at the same time the older happens first.</summary>
    public long Order { get; set; }

    /// <summary>Gets or sets its place in the queue, or −1.</summary>
    public int HeapIndex { get; set; } = -1;

    /// <summary>Gets a value indicating whether it is to happen.</summary>
    public bool IsScheduled => HeapIndex >= 0;

    /// <summary>It happens.</summary>
    public abstract void Fire();
}
