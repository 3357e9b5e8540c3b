namespace Dispatch;

/// <summary>
/// Something to run on the owner: a posted delegate, or an internal action with an argument. A struct, so that the queue holds it in place.
/// </summary>
internal readonly struct InboxItem(Delegate callback, object? state, long argument)
{
    /// <summary>Gets a value indicating whether it is user code, and not an action of Dispatch's own.</summary>
    public bool IsUserCode => callback is SendOrPostCallback;

    /// <summary>Gets the delegate.</summary>
    public Delegate Callback => callback;

    /// <summary>Gets what the delegate is given.</summary>
    public object? State => state;

    /// <summary>Runs it.</summary>
    public void Run()
    {
        if (callback is InboxAction action)
        {
            action(state, argument);
        }
        else
        {
            ((SendOrPostCallback)callback)(state);
        }
    }

    /// <summary>Runs it on the thread pool: its loop is gone.</summary>
    public void RunOnThreadPool() => ThreadPool.UnsafeQueueUserWorkItem(static item => item.Run(), this, preferLocal: false);
}
