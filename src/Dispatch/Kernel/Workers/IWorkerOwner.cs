namespace Dispatch;

/// <summary>Whoever has calls made by workers: a ring, or a loop. Told from the workers' threads.</summary>
internal interface IWorkerOwner
{
    /// <summary>Calls are done, and the owner does not know of any yet: it is to take them by <see cref="WorkerPool.TakeDone"/>. A worker's thread.</summary>
    void OnWorkersDone();

    /// <summary>A call ended after the pool was closed: nobody takes it any more. A worker's thread, or who closed the pool.</summary>
    void EndLate(WorkerCall call);
}
