namespace Dispatch;

/// <summary>What <c>madvise(2)</c> is told of a range of memory.</summary>
public enum MemoryAdvice
{
    /// <summary>Nothing special (MADV_NORMAL).</summary>
    Normal = 0,

    /// <summary>It will be read in no order (MADV_RANDOM).</summary>
    Random = 1,

    /// <summary>It will be read in order (MADV_SEQUENTIAL).</summary>
    Sequential = 2,

    /// <summary>It will be read soon (MADV_WILLNEED).</summary>
    WillNeed = 3,

    /// <summary>It is not needed: what a private mapping held is gone, and reads as zeroes (MADV_DONTNEED).</summary>
    DontNeed = 4,

    /// <summary>The kernel may take the pages whenever it likes (MADV_FREE).</summary>
    Free = 8,

    /// <summary>Free the pages and what is behind them (MADV_REMOVE).</summary>
    Remove = 9,

    /// <summary>Children do not get it (MADV_DONTFORK).</summary>
    DontFork = 10,

    /// <summary>Children get it again (MADV_DOFORK).</summary>
    DoFork = 11,

    /// <summary>Equal pages may be shared (MADV_MERGEABLE).</summary>
    Mergeable = 12,

    /// <summary>Equal pages are not shared (MADV_UNMERGEABLE).</summary>
    Unmergeable = 13,

    /// <summary>Huge pages are wanted (MADV_HUGEPAGE).</summary>
    HugePage = 14,

    /// <summary>Huge pages are not wanted (MADV_NOHUGEPAGE).</summary>
    NoHugePage = 15,

    /// <summary>Core dumps leave it out (MADV_DONTDUMP).</summary>
    DontDump = 16,

    /// <summary>Core dumps have it again (MADV_DODUMP).</summary>
    DoDump = 17,

    /// <summary>It is the first to be taken when memory is short (MADV_COLD; Linux 5.4).</summary>
    Cold = 20,

    /// <summary>Take it now (MADV_PAGEOUT; Linux 5.4).</summary>
    PageOut = 21,

    /// <summary>Bring it in as reads would: complete when it is there (MADV_POPULATE_READ; Linux 5.14).</summary>
    PopulateRead = 22,

    /// <summary>Bring it in as writes would (MADV_POPULATE_WRITE; Linux 5.14).</summary>
    PopulateWrite = 23,

    /// <summary>Make huge pages of it now (MADV_COLLAPSE; Linux 6.1).</summary>
    Collapse = 25,
}
