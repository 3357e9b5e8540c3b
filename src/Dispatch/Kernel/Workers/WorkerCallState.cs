namespace Dispatch;

/// <summary>How far a worker's call is.</summary>
internal enum WorkerCallState
{
    /// <summary>It waits for a worker.</summary>
    Queued,

    /// <summary>A worker runs it.</summary>
    Running,

    /// <summary>It is over, and on its way to the owner.</summary>
    Done,

    /// <summary>It was cancelled before a worker came to it, and has been answered.</summary>
    Withdrawn,
}
