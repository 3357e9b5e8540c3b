namespace Dispatch;

/// <content>Moving to another loop.</content>
public sealed partial class Connection
{
    private volatile ConnectionMove? move;

    /// <summary>Gets a value indicating whether it is on its way to another loop, or about to be.</summary>
    internal bool IsMoving => move is not null;

    /// <inheritdoc/>
    private protected override Task? Departure => move?.Departure;

    /// <summary>
    /// Gives the connection to another loop of the same kernel, between two reads: its receive is ended, sends in the queue are finished first, and what was received and not read travels along, in order. From then on its
    /// awaits and callbacks run there. The caller resumes where it was: follow with <c>await loop.SwitchTo()</c> to go along. Any thread. While it moves, reads and sends are refused; a close is made at the new loop.
    /// </summary>
    /// <param name="loop">The new owner.</param>
    /// <returns>A task that ends when it owns the connection.</returns>
    /// <exception cref="InvalidOperationException">A read, a subscription, a flush or a request of the user's own is pending, or it is being moved already.</exception>
    /// <exception cref="ObjectDisposedException">The connection was closed, or the loop has stopped: the connection stays where it is.</exception>
    public Task MoveTo(EventLoop loop)
    {
        ArgumentNullException.ThrowIfNull(loop);
        return Engine.IsOwner ? MoveOnOwnerAsync(loop) : Loop.InvokeAsync(() => MoveTo(loop));
    }

    /// <summary>
    /// Throws while the connection is on its way to another loop. For the owner: a thread that has found itself to be that, and finds no move after, may still have lost the connection between the two; so it looks again.
    /// The new owner is written before the move is cleared.
    /// </summary>
    internal void VerifyNotMoving()
    {
        if (move is not null || !Engine.IsOwner)
        {
            throw new InvalidOperationException($"The connection is being moved to {(move?.Target ?? Engine).Loop.Name}. Await MoveTo before it is used again.");
        }
    }

    /// <summary>Called on the thread of the new owner.</summary>
    internal void Arrive(LoopEngine at)
    {
        receive.GiveTo(at);
        GiveTo(at);
        move = null;
        output?.TakeIn();
    }

    /// <summary>Ends the armed receive, and calls back in a later turn when nothing uses the descriptor.</summary>
    internal void Quiesce(TaskCompletionSource idle)
    {
        receive.Leave();
        OwnedDescriptor.WhenIdle(() => Engine.Posted.EnqueueLocal(static (s, _) => ((TaskCompletionSource)s!).TrySetResult(), idle));
    }

    private async Task MoveOnOwnerAsync(EventLoop loop)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        VerifyNotMoving();
        if (ReferenceEquals(loop.Engine, Engine))
        {
            return;
        }

        ObjectDisposedException.ThrowIf(loop.Engine.IsClosed, loop);
        if (!ReferenceEquals(loop.Engine.Ring.Calls, Engine.Ring.Calls))
        {
            throw new InvalidOperationException($"{loop.Name} runs on another kernel than {Loop.Name}: descriptors of one mean nothing to the other.");
        }

        if (Receiving.IsBusy || output is { IsBusy: true } || OwnedDescriptor.HasRequests)
        {
            throw new InvalidOperationException("A connection is moved between reads: end its read, subscription, flush or request, then move it. (After Input.ReadAsync call AdvanceTo first.)");
        }

        ConnectionMove begun = new(this, loop.Engine);
        move = begun;
        try
        {
            await begun.RunAsync();
        }
        catch when (ReferenceEquals(move, begun))
        {
            move = null; // It stays where it is.
            output?.TakeIn();
            throw;
        }
    }

    private async Task AbortAfterAsync(Task departure)
    {
        await departure;
        Abort();
    }
}
