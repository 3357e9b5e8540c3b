namespace Dispatch;

/// <summary>One chain of a list: which entries it has, which of them open and close its file, and how its run stands.</summary>
internal struct ListChain
{
    /// <summary>The first entry.</summary>
    public int Start;

    /// <summary>How many entries there are.</summary>
    public int Length;

    /// <summary>The entry that opens the chain's file, or −1.</summary>
    public int Opener;

    /// <summary>The entry that closes it, or −1.</summary>
    public int Closer;

    /// <summary>The slot of this run, or −1.</summary>
    public int Slot;

    /// <summary>How many entries of this run have not ended.</summary>
    public int Left;

    /// <summary>Whether it waits for a slot: none of it is staged.</summary>
    public bool IsWaiting;

    /// <summary>Whether it is being cancelled: each step that begins is cancelled as well.</summary>
    public bool IsCancelling;

    /// <summary>Gets the first entry behind it.</summary>
    public readonly int End => Start + Length;

    /// <summary>Gets a value indicating whether it needs a slot.</summary>
    public readonly bool HasFile => Opener >= 0;
}
