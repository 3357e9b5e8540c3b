namespace Dispatch;

/// <summary>
/// A connection's sends, in the order of the calls: one at a time has requests in flight, the others wait. One that ends before all of its bytes are out breaks the queue, because whatever came next would land in
/// the middle of a message. Owner thread only.
/// </summary>
internal sealed class SendQueue(Connection connection)
{
    private QueuedSend? first;
    private TaskCompletionSource? drained;

    /// <summary>Gets the errno of the first failed send, or 0; later sends fail with it.</summary>
    public int Error { get; private set; }

    /// <summary>Gets the last one, or null when nothing waits or is being sent.</summary>
    public QueuedSend? Last { get; private set; }

    /// <summary>Adds one behind the others; with none before it, it begins.</summary>
    public void Add(QueuedSend send)
    {
        connection.OwnedDescriptor.AddUseWhileClosing(); // Queued counts as used: the close waits for its turn to come.
        if (Last is null)
        {
            first = Last = send;
            send.Stage();
        }
        else
        {
            Last.NextQueued = send;
            Last = send;
        }
    }

    /// <summary>Called by the first one when it is through; the next one's turn.</summary>
    public void OnFinished(int errno)
    {
        if (errno != 0 && Error == 0)
        {
            // Some bytes of it may be out. Later sends were not cancelled; to them the connection is broken.
            Error = errno == Errno.ECANCELED ? Errno.ECONNABORTED : errno;
        }

        QueuedSend finished = first!;
        first = finished.NextQueued;
        finished.NextQueued = null;
        if (first is null)
        {
            Last = null;
            TaskCompletionSource? waiting = drained;
            drained = null;
            waiting?.TrySetResult();
        }
        else if (Error == 0 && !first.IsCancelRequested)
        {
            first.Stage();
        }
        else
        {
            // It will fail without a kernel request; by way of the queue, a thousand of them do not become a thousand stack frames.
            connection.Engine.Posted.EnqueueLocal(static (s, _) => ((SendQueue)s!).first?.Stage(), this);
        }

        connection.OwnedDescriptor.ReleaseUse();
    }

    /// <summary>A task that ends when all sends that are in the queue are through, well or not.</summary>
    public Task WhenDrainedAsync()
    {
        if (Last is null)
        {
            return Task.CompletedTask;
        }

        drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return drained.Task;
    }

    /// <summary>The connection is broken on this side: what is being sent is cancelled, what waits fails.</summary>
    public void Abort()
    {
        Error = Error == 0 ? Errno.ECONNABORTED : Error;
        first?.RequestCancel();
    }
}
