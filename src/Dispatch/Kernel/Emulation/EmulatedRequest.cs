namespace Dispatch;

/// <summary>
/// One request that an emulated kernel has taken: a copy of its submission entry, its place in a chain, and room for what the back end keeps with it. Pooled: nothing may hold on to
/// one after its terminal completion, unless it remembers the <see cref="Generation"/> too. Owner thread only.
/// </summary>
internal sealed class EmulatedRequest
{
    private SubmissionEntry entry;
    private ProvidedBuffer buffer;

    /// <summary>Gets the entry, copied when it was submitted.</summary>
    public ref SubmissionEntry Entry => ref entry;

    /// <summary>Gets the buffer that was selected for it; see <see cref="HasBuffer"/>.</summary>
    public ref ProvidedBuffer Buffer => ref buffer;

    /// <summary>Gets what is to be done.</summary>
    public Opcode Opcode => entry.Opcode;

    /// <summary>Gets the tag of its completions.</summary>
    public ulong UserData => entry.UserData;

    /// <summary>Gets or sets what the back end keeps with it; null again after the terminal completion.</summary>
    public object? State { get; set; }

    /// <summary>Gets or sets a number that the back end keeps with it; 0 again after the terminal completion.</summary>
    public long Number { get; set; }

    /// <summary>Gets or sets a place that the back end keeps for it; −1 when there is none.</summary>
    public int Place { get; set; } = -1;

    /// <summary>Gets or sets how many bytes it has to move to count as a success for the chain behind it; negative when any success is one.</summary>
    public long Expected { get; set; }

    /// <summary>Gets how often this object has been given back to the pool: tells its tenants apart.</summary>
    public uint Generation { get; private set; }

    /// <summary>Gets or sets the next step of its chain.</summary>
    public EmulatedRequest? NextInChain { get; set; }

    /// <summary>Gets or sets the timeout that is armed for it (<see cref="Dispatch.Opcode.LinkTimeout"/>).</summary>
    public EmulatedRequest? LinkedTimeout { get; set; }

    /// <summary>Gets or sets the request that this timeout is armed for.</summary>
    public EmulatedRequest? TimeoutOf { get; set; }

    /// <summary>Gets or sets what was wrong with it when it was submitted, or 0.</summary>
    public int SubmitError { get; set; }

    /// <summary>Gets or sets the slot of the table of fixed descriptors that it fills or empties, from 1; 0 for none.</summary>
    public int FixedSlot { get; set; }

    /// <summary>Gets or sets a value indicating whether <see cref="Buffer"/> holds a provided buffer.</summary>
    public bool HasBuffer { get; set; }

    /// <summary>Gets or sets how the back end will use its descriptor. What is not none is given back when the request ends.</summary>
    public DescriptorUse DescriptorUse { get; set; }

    /// <summary>Gets or sets a value indicating whether the back end has to close <see cref="SubmissionEntry.SpliceFd"/>: given back with the descriptor's use.</summary>
    public bool OwnsSpliceSource { get; set; }

    /// <summary>Gets or sets a value indicating whether the back end, or the timeouts, have it.</summary>
    public bool IsActive { get; set; }

    /// <summary>Gets or sets when it was begun, counted over the ring.</summary>
    public long Order { get; set; }

    /// <summary>Gets or sets when it is due, for timeouts: nanoseconds of the ring's clock.</summary>
    public long Due { get; set; }

    /// <summary>Gets or sets after how many nanoseconds a repeating timeout is due again.</summary>
    public long Interval { get; set; }

    /// <summary>Gets or sets how often a repeating timeout still fires; 0 for ever.</summary>
    public ulong Repeats { get; set; }

    /// <summary>Gets or sets the place among the timeouts, or −1.</summary>
    public int HeapIndex { get; set; } = -1;

    /// <summary>Gets or sets the neighbour that was begun before it.</summary>
    public EmulatedRequest? Previous { get; set; }

    /// <summary>Gets or sets the neighbour that was begun after it; in the pool, the next idle object.</summary>
    public EmulatedRequest? Next { get; set; }

    /// <summary>Gets a value indicating whether a failure of it cancels the rest of its chain.</summary>
    public bool IsSoftLinked => (entry.Flags & (EntryFlags.Link | EntryFlags.HardLink)) == EntryFlags.Link;

    /// <summary>Gets a value indicating whether another step follows it.</summary>
    public bool IsLinked => (entry.Flags & (EntryFlags.Link | EntryFlags.HardLink)) != 0;

    /// <summary>Gets a value indicating whether its success is not reported.</summary>
    public bool SkipsSuccess => (entry.Flags & EntryFlags.SkipSuccess) != 0;

    /// <summary>Gets a value indicating whether it takes a provided buffer.</summary>
    public bool SelectsBuffer => (entry.Flags & EntryFlags.BufferSelect) != 0;

    /// <summary>Makes it ready for its next tenant.</summary>
    public void Clear()
    {
        Generation++;
        State = null;
        Number = 0;
        Place = -1;
        Expected = -1;
        NextInChain = null;
        LinkedTimeout = null;
        TimeoutOf = null;
        SubmitError = 0;
        FixedSlot = 0;
        HasBuffer = false;
        DescriptorUse = DescriptorUse.None;
        OwnsSpliceSource = false;
        IsActive = false;
        Order = 0;
        Interval = 0;
        Repeats = 0;
        HeapIndex = -1;
        Previous = null;
        Next = null;
    }
}
