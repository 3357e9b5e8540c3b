namespace Dispatch;

/// <summary>One futex word that requests of a ring wait on: who waits, which wake is being answered, and what came after that one and waits for its end. Owner thread only.</summary>
internal sealed class FutexWord
{
    /// <summary>Gets or sets the address, and who may wake it.</summary>
    public (ulong Address, int Flags) Key { get; set; }

    /// <summary>Gets the waits that a worker has, or will have, oldest first.</summary>
    public LinkedList<EmulatedRequest> Waits { get; } = new();

    /// <summary>Gets what was submitted after <see cref="Wake"/>.</summary>
    public Queue<EmulatedRequest> Held { get; } = new();

    /// <summary>Gets or sets the wake that is not answered yet.</summary>
    public EmulatedRequest? Wake { get; set; }

    /// <summary>Gets or sets how many waiters that wake has ended.</summary>
    public long Found { get; set; }

    /// <summary>Gets or sets how many waits were told to end for it and have not answered.</summary>
    public int Offered { get; set; }

    /// <summary>Gets a value indicating whether nothing is kept for the word.</summary>
    public bool IsIdle => Wake is null && Waits.Count == 0 && Held.Count == 0;
}
