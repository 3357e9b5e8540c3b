namespace Dispatch;

/// <summary>
/// One move of a connection. First its present owner brings everything to rest: the receive is cancelled, and what it still brings is kept; the sends end. Then a message carries it over: from its posting on nobody touches
/// the connection until the new owner's thread has taken it, or has turned out to have stopped.
/// </summary>
internal sealed class ConnectionMove(Connection connection, LoopEngine target)
{
    private readonly LoopEngine source = connection.Engine;
    private volatile TaskCompletionSource? departure;
    private volatile bool landed;

    /// <summary>Gets the new owner.</summary>
    public LoopEngine Target => target;

    /// <summary>Gets a task that ends when the connection has arrived, or is back; null while it has not left.</summary>
    public Task? Departure => departure?.Task;

    /// <summary>Runs it, on the present owner.</summary>
    public async Task RunAsync()
    {
        TaskCompletionSource idle = new();
        connection.Quiesce(idle);
        await idle.Task;
        ObjectDisposedException.ThrowIf(connection.IsClosed, connection);
        source.VerifyOpen();

        // Buffers belong to their loop's ring, and their memory ends with it; so what was not read is copied.
        connection.Receiving.Detach();
        TaskCompletionSource leaving = new(source.Ring.OffLoop.CompletionOptions);
        departure = leaving;
        if (!target.Posted.TryPost(static (s, _) => ((ConnectionMove)s!).Land(), this, 0))
        {
            Return();
        }

        await leaving.Task;
        ObjectDisposedException.ThrowIf(!landed, target.Loop);
    }

    private void Land()
    {
        if (!target.IsOwner)
        {
            Return(); // It did not live to read the message: the connection is still its former owner's.
            return;
        }

        target.CountHandOff();
        TaskCompletionSource leaving = departure!;
        landed = true;
        connection.Arrive(target);
        source.Ring.OffLoop.Complete(static s => ((TaskCompletionSource)s).TrySetResult(), leaving);
    }

    private void Return()
    {
        TaskCompletionSource leaving = departure!;
        departure = null;
        source.Ring.OffLoop.Complete(static s => ((TaskCompletionSource)s).TrySetResult(), leaving);
    }
}
