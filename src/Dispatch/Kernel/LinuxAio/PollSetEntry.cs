namespace Dispatch;

/// <summary>One poll in a <see cref="PollSet"/>. Pooled with its place.</summary>
internal sealed class PollSetEntry
{
    /// <summary>Gets or sets whose it is; null when the place is free.</summary>
    public EmulatedRequest? Request { get; set; }

    /// <summary>Gets or sets the descriptor it was added under.</summary>
    public int Descriptor { get; set; }

    /// <summary>Gets or sets a value indicating whether that is a copy of our own, closed with it.</summary>
    public bool IsCopy { get; set; }

    /// <summary>Gets or sets a value indicating whether its descriptor was closed under it, and the number is another's by now: there is nothing left to take out.</summary>
    public bool IsGone { get; set; }

    /// <summary>Gets or sets a value indicating whether it stays after it has fired.</summary>
    public bool Repeats { get; set; }

    /// <summary>Gets or sets what it waits for.</summary>
    public uint Mask { get; set; }

    /// <summary>Gets or sets its place.</summary>
    public int Index { get; set; }

    /// <summary>Gets or sets how often the place was used.</summary>
    public uint Generation { get; set; }
}
