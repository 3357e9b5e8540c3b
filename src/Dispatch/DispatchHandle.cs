namespace Dispatch;

/// <summary>
/// A descriptor that belongs to a loop: the base of files, connections and listeners. Its methods work on any thread; on others than the owner's they take the way
/// through the loop's inbox, and the caller resumes where it was.
/// </summary>
public abstract class DispatchHandle : IAsyncDisposable
{
    private volatile LoopEngine engine; // A connection's changes, when it moves.

    private protected DispatchHandle(LoopEngine engine, OwnedDescriptor descriptor)
    {
        this.engine = engine;
        OwnedDescriptor = descriptor;
    }

    /// <summary>Gets the loop that owns the handle. Every request on it is completed there.</summary>
    public EventLoop Loop => Engine.Loop;

    /// <summary>Gets a value indicating whether the handle is closed or being closed.</summary>
    public bool IsClosed => OwnedDescriptor.IsClosing;

    internal LoopEngine Engine => engine;

    internal OwnedDescriptor OwnedDescriptor { get; }

    /// <summary>Gets the task of a move to another loop that can no longer be taken back, or null.</summary>
    private protected virtual Task? Departure => null;

    /// <summary>Gets the task of the close, once begun.</summary>
    private protected TaskCompletionSource? Closing { get; private set; }

    /// <summary>
    /// Closes the handle: requests in flight end first (a receive or an accept is cancelled, a send is finished), then the descriptor is closed. Doing it twice
    /// waits for the same close. <c>close(2)</c>.
    /// </summary>
    /// <returns>A task that ends when the descriptor is closed.</returns>
    public Task CloseAsync()
    {
        LoopEngine owner = engine;
        if (!owner.IsOwner)
        {
            return owner.Loop.TryInvokeAsync(CloseAsync, () => CloseWithoutLoop(owner));
        }

        if (Departure is { } departure)
        {
            return CloseAfterAsync(departure);
        }

        if (!ReferenceEquals(engine, owner))
        {
            return CloseAsync(); // It has arrived elsewhere between the two looks: the new owner is written before the move is cleared.
        }

        if (Closing is { } running)
        {
            return running.Task;
        }

        BeforeClosing();
        if (!OwnedDescriptor.TryBeginClose())
        {
            return Task.CompletedTask;
        }

        TaskCompletionSource closing = new();
        Closing = closing;
        OnClosing();
        if (OwnedDescriptor.HasRequests)
        {
            CancelWaiting(OwnedDescriptor.Number);
        }

        OwnedDescriptor.WhenIdle(() => new CloseOperation(Engine).Begin(OwnedDescriptor, closing));
        return closing.Task;
    }

    /// <summary>Closes the handle; see <see cref="CloseAsync"/>.</summary>
    /// <returns>A task that ends when the descriptor is closed.</returns>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return new ValueTask(CloseAsync());
    }

    /// <summary>Gives the handle to another loop, on whose thread this is called. Nothing is in flight.</summary>
    private protected void GiveTo(LoopEngine to) => engine = to;

    /// <summary>Called on the owner before the close begins: what it has been given until now is still to be sent.</summary>
    private protected virtual void BeforeClosing()
    {
    }

    /// <summary>Asks the handle's requests to end. Owner only.</summary>
    private protected abstract void OnClosing();

    private static bool WaitsForOthers(Opcode opcode) => opcode
        is Opcode.Read or Opcode.Readv or Opcode.ReadFixed or Opcode.ReadMultishot or Opcode.Recv or Opcode.Recvmsg or Opcode.PollAdd or Opcode.Accept or Opcode.Connect;

    /// <summary>
    /// Requests that users made on the handle: one that waits for somebody else (data of a pipe, readiness) might never end by itself, so it is cancelled; one that only works on
    /// (a write, a sync) ends by itself and is let finish.
    /// </summary>
    private void CancelWaiting(int number) => Engine.Table.ForEachInFlight(operation =>
    {
        if (operation.Descriptor == number && WaitsForOthers(operation.Opcode))
        {
            operation.RequestCancel();
        }
    });

    private async Task CloseAfterAsync(Task departure)
    {
        await departure;
        await CloseAsync();
    }

    private void CloseWithoutLoop(LoopEngine formerOwner)
    {
        if (ReferenceEquals(engine, formerOwner))
        {
            OwnedDescriptor.CloseNow();
        }
        else
        {
            _ = CloseAsync(); // It has moved before its loop ended.
        }
    }
}
