namespace Dispatch.Testing;

/// <summary>The script waits until a socket is ready for it.</summary>
internal sealed class PeerWait : SimulatedEvent, IWaiter
{
    private readonly SimulatedKernel kernel;
    private readonly TaskCompletionSource ready = new();

    public PeerWait(SimulatedKernel kernel, OpenDescription target, PollEvents interest)
    {
        this.kernel = kernel;
        Interest = interest;
        target.AddWaiter(this);
    }

    /// <inheritdoc/>
    public PollEvents Interest { get; }

    /// <summary>Gets the task that ends when it is.</summary>
    public Task Task => ready.Task;

    /// <inheritdoc/>
    public void OnReady() => kernel.Events.Schedule(this, kernel.Now); // As an event of its own: whoever made it ready is in the middle of something.

    /// <inheritdoc/>
    public override void Fire() => ready.SetResult();
}
