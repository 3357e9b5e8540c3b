namespace Dispatch;

/// <summary>What became of one entry. Written by the owner, and <see cref="Done"/> last; read by any thread that has seen that.</summary>
internal struct ListOutcome
{
    /// <summary>The call's result, all 64 bits.</summary>
    public long Result;

    /// <summary>What the kernel said beside it.</summary>
    public uint Flags;

    /// <summary>Not 0 once the entry has ended.</summary>
    public int Done;
}
