namespace Dispatch.Testing;

/// <summary>A timer of virtual time.</summary>
internal sealed class VirtualTimer(SimulatedKernel kernel, TimerCallback callback, object? state) : SimulatedEvent, ITimer
{
    private readonly ExecutionContext? context = ExecutionContext.Capture();
    private long period = -1;
    private bool disposed;

    /// <inheritdoc/>
    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        lock (kernel.Gate)
        {
            if (disposed)
            {
                return false;
            }

            this.period = period > TimeSpan.Zero ? period.Ticks * 100 : -1;
            if (dueTime < TimeSpan.Zero)
            {
                kernel.Events.Remove(this);
            }
            else
            {
                long span = dueTime.Ticks > long.MaxValue / 200 ? long.MaxValue / 2 : dueTime.Ticks * 100;
                kernel.Events.Schedule(this, kernel.Now + span);
            }

            kernel.ArmLiveTimer();
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (kernel.Gate)
        {
            disposed = true;
            kernel.Events.Remove(this);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Fire()
    {
        if (period > 0)
        {
            kernel.Events.Schedule(this, kernel.Now + period);
        }

        if (!kernel.IsStepped)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static s => s.Call(), this, preferLocal: false);
        }
        else
        {
            Call();
        }
    }

    private void Call()
    {
        if (context is null)
        {
            callback(state);
        }
        else
        {
            ExecutionContext.Run(context, static s => ((VirtualTimer)s!).Invoke(), this);
        }
    }

    private void Invoke() => callback(state);
}
