namespace Dispatch.Examples.Quickstart;

/// <summary>What became of a file.</summary>
internal enum FileOutcome
{
    /// <summary>It was read to its end, and has a digest.</summary>
    Digested,

    /// <summary>It is no regular file: a link, a FIFO, a socket, a device.</summary>
    Skipped,

    /// <summary>It could not be opened or read.</summary>
    Unreadable,

    /// <summary>It was there when the directory was listed, and gone later.</summary>
    Vanished,

    /// <summary>It was written to while it was read, or between the two computations.</summary>
    Changed,

    /// <summary>It has not changed, and the plain computation got another digest.</summary>
    Different,
}
