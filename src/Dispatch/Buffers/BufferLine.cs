namespace Dispatch;

/// <summary>
/// The receives that ended because no buffer was free. They stand in line and are armed again, in order, as buffers come back. Owner thread only.
/// </summary>
/// <remarks>
/// The kernel refuses a receive when no buffer is free, whether data waits for it or not. So one that is armed for a buffer that came back may have no use for it, and the buffer is left over for those behind. Whether it is can be
/// seen in the next turn, when the kernel has had the request: that is when <see cref="Pump"/> looks.
/// </remarks>
/// <param name="engine">The loop.</param>
/// <param name="pool">Where the buffers come back to.</param>
internal sealed class BufferLine(LoopEngine engine, BufferPool pool)
{
    private readonly Queue<IBufferWaiter> waiting = new();
    private bool pumpQueued;
    private long refusedAt = -1;

    /// <summary>Gets a value indicating whether somebody stands in line.</summary>
    public bool HasWaiters => waiting.Count != 0;

    /// <summary>Puts a receive at the end of the line. It is armed at once if the pool can still grow.</summary>
    public void Enter(IBufferWaiter waiter)
    {
        engine.CountStarvation();
        if (engine.IsClosed)
        {
            waiter.OnNoMoreBuffers();
            return;
        }

        waiting.Enqueue(waiter);
        if (pool.TryGrow())
        {
            ServeAll();
        }
        else if (waiter.ArmedAt == pool.Provided)
        {
            pool.Leases?.OnStarved();
            refusedAt = pool.Provided; // The kernel has said no since the last buffer came back: asking again before the next one does would only be refused again.
        }
        else
        {
            QueuePump(); // Buffers came back between the kernel's failure and its completion: nobody else would announce them.
        }
    }

    /// <summary>Takes one out of the line, because it goes to another loop.</summary>
    public void Forget(IBufferWaiter waiter)
    {
        for (int left = waiting.Count; left > 0; left--)
        {
            if (waiting.Dequeue() is var next && !ReferenceEquals(next, waiter))
            {
                waiting.Enqueue(next);
            }
        }
    }

    /// <summary>A buffer came back: the first in line is armed, and whether there is more for the others is looked at in the next turn.</summary>
    public void OnBufferBack()
    {
        ServeOne();
        QueuePump();
    }

    /// <summary>The loop ends: all are told that no buffer will come.</summary>
    public void End()
    {
        while (waiting.TryDequeue(out IBufferWaiter? waiter))
        {
            waiter.OnNoMoreBuffers();
        }
    }

    private void ServeOne()
    {
        // One buffer, one receive: arming all of them for it would end all but one in the same shortage again.
        while (waiting.TryDequeue(out IBufferWaiter? waiter))
        {
            if (waiter.OnBufferAvailable())
            {
                return;
            }
        }
    }

    private void ServeAll()
    {
        while (waiting.TryDequeue(out IBufferWaiter? waiter))
        {
            waiter.OnBufferAvailable();
        }
    }

    private void QueuePump()
    {
        if (!pumpQueued && waiting.Count != 0 && pool.Leased < pool.Count)
        {
            pumpQueued = true;
            engine.Posted.EnqueueLocal(static (s, _) => ((BufferLine)s!).Pump(), this);
        }
    }

    private void Pump()
    {
        pumpQueued = false;
        if (pool.IsClosed || refusedAt == pool.Provided)
        {
            return;
        }

        for (int free = pool.Count - pool.Leased; free > 0 && waiting.Count != 0; free--)
        {
            ServeOne();
        }

        QueuePump();
    }
}
