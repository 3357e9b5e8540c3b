namespace Dispatch;

/// <summary>The deadline of one operation: when it passes, the operation is asked to end.</summary>
internal sealed class DeadlineTimer : TimerNode
{
    private ICancellable? operation;
    private uint epoch;
    private bool passed;

    /// <summary>Starts the clock for the operation's current tenancy.</summary>
    public void Start(ICancellable operation, long nanoseconds)
    {
        this.operation = operation;
        epoch = operation.CancelEpoch;
        passed = false;
        operation.Engine.Timers.Schedule(this, nanoseconds);
    }

    /// <summary>Stops the clock. Returns whether the deadline had passed.</summary>
    public bool Stop()
    {
        if (operation is { } current)
        {
            current.Engine.Timers.Remove(this);
            operation = null;
        }

        bool result = passed;
        passed = false;
        return result;
    }

    /// <inheritdoc/>
    public override void Fire()
    {
        if (operation is { } current && current.CancelEpoch == epoch)
        {
            passed = true;
            current.RequestCancel();
        }
    }
}
