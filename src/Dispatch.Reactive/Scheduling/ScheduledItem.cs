using System.Reactive.Disposables;

namespace Dispatch.Reactive;

/// <summary>
/// An action on its way to the loop: in its local queue, in its inbox, or among its timers. It is itself what cancels it. Not pooled: whoever scheduled may dispose it at any time, often, and from any thread.
/// </summary>
internal abstract class ScheduledItem(LoopScheduler scheduler) : TimerNode, IDisposable
{
    private static readonly InboxAction RunAction = static (s, _) => ((ScheduledItem)s!).Run();
    private static readonly InboxAction ArmAction = static (s, due) => ((ScheduledItem)s!).ArmFromInbox(due);
    private static readonly InboxAction RemoveAction = static (s, _) => ((ScheduledItem)s!).RemoveFromInbox();

    private SingleAssignmentDisposableValue result;
    private bool isTimer;

    /// <summary>Gets a value indicating whether it is not to run any more.</summary>
    public bool IsDisposed => result.IsDisposed;

    /// <summary>Gets the scheduler.</summary>
    protected LoopScheduler Scheduler => scheduler;

    /// <summary>Gets the loop's engine.</summary>
    protected LoopEngine Engine => scheduler.Loop.Engine;

    /// <summary>Has it run in a later turn. Throws when the loop has stopped.</summary>
    public void Queue()
    {
        if (!Engine.IsOwner)
        {
            Engine.Posted.Post(RunAction, this, 0);
        }
        else if (!Engine.IsClosed)
        {
            Engine.Posted.EnqueueLocal(RunAction, this);
        }
        else
        {
            result.Dispose(); // The loop is ending: see the scheduler's remarks.
        }
    }

    /// <summary>Has it run when the time has passed. Throws when the loop has stopped.</summary>
    public void Start(long nanoseconds)
    {
        isTimer = true;
        if (Engine.IsOwner)
        {
            Arm(nanoseconds);
            return;
        }

        // The time runs from here on, and not from where the owner finds the message.
        long now = Engine.Timers.Now;
        Engine.Posted.Post(ArmAction, this, now + Math.Min(nanoseconds, long.MaxValue - now));
    }

    /// <inheritdoc/>
    public override void Fire() => Run();

    /// <inheritdoc/>
    public override void Abandon() => result.Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (IsDisposed)
        {
            return;
        }

        result.Dispose();
        if (!isTimer)
        {
            return;
        }

        if (Engine.IsOwner)
        {
            Engine.Timers.Remove(this);
        }
        else
        {
            Engine.Posted.TryPost(RemoveAction, this, 0);
        }
    }

    /// <summary>Runs the action.</summary>
    protected abstract IDisposable Invoke();

    /// <summary>Puts it among the timers, unless the loop is ending. Owner only.</summary>
    protected void Arm(long nanoseconds)
    {
        if (Engine.IsClosed)
        {
            result.Dispose();
        }
        else
        {
            Engine.Timers.Schedule(this, nanoseconds);
        }
    }

    private void Run()
    {
        if (IsDisposed)
        {
            return;
        }

        if (Engine.IsPromisedThread())
        {
            result.Disposable = Invoke();
        }
        else
        {
            result.Dispose();
        }
    }

    private void ArmFromInbox(long due)
    {
        if (IsDisposed)
        {
            return;
        }

        if (Engine.IsPromisedThread())
        {
            Arm(Math.Max(0, due - Engine.Timers.Now));
        }
        else
        {
            result.Dispose();
        }
    }

    private void RemoveFromInbox()
    {
        if (Engine.IsOwner)
        {
            Engine.Timers.Remove(this);
        }
    }
}
