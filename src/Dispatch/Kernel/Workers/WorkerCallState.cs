namespace Dispatch;

/// <summary>How far a worker's call is.</summary>
internal enum WorkerCallState
{
    /// <summary>It waits for a worker.</summary>
    Queued,

    /// <summary>A worker runs it.</summary>
    Running,

    /// <summary>A worker runs it, and it is told to stop: signals are sent to the worker, so that its end takes the group's lock.</summary>
    Interrupted,

    /// <summary>It is over, and on its way to the owner.</summary>
    Done,

    /// <summary>It was cancelled before a worker came to it, and has been answered.</summary>
    Withdrawn,
}
