using System.Collections.Concurrent;

namespace Dispatch.Testing;

/// <summary>
/// Where everything runs that belongs to no loop: the scenario, its peers, servers that stop. One thing at a time, on the simulation's thread, between the steps of the loops; what awaits in it comes back to it.
/// </summary>
internal sealed class SimulationContext(SimulatedKernel kernel) : SynchronizationContext
{
    private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State, bool InContext)> queue = new();

    /// <summary>Gets a value indicating whether something is to be run.</summary>
    public bool HasWork => !queue.IsEmpty;

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        kernel.NoteThread();
        queue.Enqueue((d, state, true));
    }

    /// <inheritdoc/>
    public override void Send(SendOrPostCallback d, object? state) => d(state);

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Queues code that runs without a context, as on the thread pool: what continues it without asking for one then does so at once.</summary>
    public void PostBare(SendOrPostCallback callback, object? state) => queue.Enqueue((callback, state, false));

    /// <summary>Runs the next thing.</summary>
    public void RunNext()
    {
        if (queue.TryDequeue(out (SendOrPostCallback Callback, object? State, bool InContext) item))
        {
            SynchronizationContext? before = Current;
            SetSynchronizationContext(item.InContext ? this : null);
            try
            {
                item.Callback(item.State);
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }
    }
}
