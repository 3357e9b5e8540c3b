namespace Dispatch;

/// <summary>
/// Where a loop's kernel has work done that belongs to no loop: blocking code, the stop of a server, a drain. On the system that is the thread pool and real time; a simulated kernel runs it on its one thread,
/// in its own time. Any thread.
/// </summary>
internal class OffLoop
{
    /// <summary>Gets the thread pool.</summary>
    public static OffLoop Pool { get; } = new();

    /// <summary>Gets the clock of what runs there.</summary>
    public virtual TimeProvider Clock => TimeProvider.System;

    /// <summary>Gets how tasks are made that a loop completes and others await: whoever awaits one never continues in the loop's stack.</summary>
    public virtual TaskCreationOptions CompletionOptions => TaskCreationOptions.RunContinuationsAsynchronously;

    /// <summary>Gets a value indicating whether this thread is one of those that do such work, and more of it waits behind what it does.</summary>
    public virtual bool HasMoreToDo => Thread.CurrentThread.IsThreadPoolThread && ThreadPool.PendingWorkItemCount != 0;

    /// <summary>Completes such a task.</summary>
    public virtual void Complete(Action<object> complete, object state) => complete(state);

    /// <summary>Runs blocking code on a worker.</summary>
    public virtual void Queue(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);

    /// <summary>Runs blocking code on a worker, for a caller that is on no loop.</summary>
    public virtual Task<T> Run<T>(Func<T> work, CancellationToken token) => Task.Run(work, token);

    /// <summary>Runs asynchronous code beside the loops.</summary>
    public virtual Task Start(Func<Task> work) => Task.Run(work);

    /// <summary>Runs asynchronous code beside the loops.</summary>
    public virtual Task<T> Start<T>(Func<Task<T>> work) => Task.Run(work);

    /// <summary>Cancels a source without running its callbacks in the caller's stack.</summary>
    public virtual Task CancelAsync(CancellationTokenSource source) => source.CancelAsync();
}
