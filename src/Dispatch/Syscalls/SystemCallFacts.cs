namespace Dispatch;

/// <summary>What the safety table says of one call: a word of facts, read where they are needed. See <see cref="SystemCallTable"/>.</summary>
/// <param name="word">The facts.</param>
/// <param name="row">The row of the table.</param>
internal readonly struct SystemCallFacts(uint word, int row)
{
    /// <summary>Gets what is done with it.</summary>
    public SystemCallClass Class => (SystemCallClass)(word & 3);

    /// <summary>Gets a value indicating whether it can wait for ever, for somebody else.</summary>
    public bool CanWaitForEver => (word & (1 << 2)) != 0;

    /// <summary>Gets what a signal does to it.</summary>
    public SystemCallInterruption Interruption => (SystemCallInterruption)((word >> 3) & 3);

    /// <summary>Gets a value indicating whether the result is a descriptor.</summary>
    public bool MakesDescriptor => (word & (1 << 5)) != 0;

    /// <summary>Gets what it is about besides its arguments.</summary>
    public SystemCallContext Context => (SystemCallContext)((word >> 6) & 7);

    /// <summary>Gets how the ring makes it.</summary>
    public RingForm Form => (RingForm)((word >> 9) & 0xff);

    /// <summary>Gets the reason for its class.</summary>
    public string Reason => SystemCallTable.ReasonOf(word >> 17);

    /// <summary>Gets the name as the kernel has it.</summary>
    public string Name => SystemCallTable.RowName(row);
}
