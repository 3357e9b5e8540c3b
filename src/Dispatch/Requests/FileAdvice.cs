namespace Dispatch;

/// <summary>How a file will be used: the advice of <c>posix_fadvise(2)</c>.</summary>
public enum FileAdvice
{
    /// <summary>Nothing special.</summary>
    Normal = 0,

    /// <summary>In random order: do not read ahead.</summary>
    Random = 1,

    /// <summary>From the beginning to the end: read ahead more.</summary>
    Sequential = 2,

    /// <summary>Soon: begin to read it now.</summary>
    WillNeed = 3,

    /// <summary>Not again: drop it from the page cache.</summary>
    DontNeed = 4,

    /// <summary>Once.</summary>
    NoReuse = 5,
}
