namespace Dispatch;

/// <summary>
/// Ticks of a loop's timers, as a stream: at even intervals, or once. The item is the tick's number, from 0. It costs no request, and is in virtual time where the loop is.
/// </summary>
/// <remarks>
/// <para>With <see cref="StreamOverflow.Pause"/> (and <see cref="StreamOverflow.Fail"/>) every number comes: when the loop is late, the ticks that are due come one a turn until they have caught up, and while the reader has no room, or nobody
/// consumes, the stream's clock stands still.</para>
/// <para>With <see cref="StreamOverflow.DropOldest"/> the number tells the time: it is how many intervals have passed since the first. A tick that came late enough for the next to be due, that found no room, or that nobody consumed, is
/// missing, and counted in <see cref="LoopStream{T}.Dropped"/>.</para>
/// <para>Ends with <c>OnCompleted</c> when the loop ends; a single tick, after it.</para>
/// </remarks>
public sealed class TickStream : LoopStream<long>
{
    private readonly Node node;
    private readonly long period;
    private readonly bool tellsTime;
    private long remaining;
    private long firstDue;
    private long due;
    private long next;
    private bool hasStarted;

    private TickStream(LoopEngine engine, TimeSpan first, long period, StreamOptions options)
        : base(engine, options)
    {
        this.period = period;
        remaining = TimerQueue.Nanoseconds(first);
        tellsTime = options.Overflow == StreamOverflow.DropOldest;
        node = new Node(this);
    }

    /// <summary>Makes a stream of ticks at even intervals. The clock starts when somebody consumes. Any thread.</summary>
    /// <param name="period">The interval; more than zero.</param>
    /// <param name="first">When the first tick is due; default one interval after the start.</param>
    /// <param name="options">How a slow reader is treated; ticks may be dropped.</param>
    /// <param name="loop">The loop that will own it; by default the calling thread's.</param>
    /// <returns>The stream.</returns>
    public static TickStream Interval(TimeSpan period, TimeSpan? first = null, StreamOptions? options = null, EventLoop? loop = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        if (first is { } due)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(due, TimeSpan.Zero, nameof(first));
        }

        return new(EventLoop.Required(loop).Engine, first ?? period, TimerQueue.Nanoseconds(period), (options ?? StreamOptions.Default).Checked(mayDrop: true, "Ticks"));
    }

    /// <summary>Makes a stream of one tick. The clock starts when somebody consumes. Any thread.</summary>
    /// <param name="dueTime">When it is due; 0 or more.</param>
    /// <param name="loop">The loop that will own it; by default the calling thread's.</param>
    /// <returns>The stream.</returns>
    public static TickStream Once(TimeSpan dueTime, EventLoop? loop = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        return new(EventLoop.Required(loop).Engine, dueTime, 0, StreamOptions.Default);
    }

    /// <inheritdoc/>
    private protected override void OnResume()
    {
        if (node.HeapIndex >= 0 || IsEnded)
        {
            return;
        }

        long now = Engine.Timers.Now;
        if (!hasStarted)
        {
            hasStarted = true;
            firstDue = now + remaining;
            due = firstDue;
        }
        else
        {
            due = tellsTime ? NextOnGrid(now) : now + remaining;
        }

        Engine.Timers.Schedule(node, due - now);
    }

    /// <inheritdoc/>
    private protected override void OnSuspend()
    {
        if (node.HeapIndex >= 0)
        {
            remaining = Math.Max(0, due - Engine.Timers.Now);
            Engine.Timers.Remove(node);
        }
    }

    private long NextOnGrid(long now)
    {
        long passed = now - firstDue;
        return passed < 0 ? firstDue : firstDue + (((passed / period) + 1) * period);
    }

    private void Fire()
    {
        long number = next;
        if (period == 0)
        {
            End(null, number);
            return;
        }

        long now = Engine.Timers.Now;
        if (tellsTime)
        {
            number = Math.Max(next, (now - firstDue) / period);
            CountDropped(number - next);
            due = firstDue + (number * period);
        }

        next = number + 1;
        due += period;

        // Before the consumer runs: it may stop the stream.
        Engine.Timers.Schedule(node, due - now);
        Push(number);
    }

    private void End(Exception? reason, long last)
    {
        try
        {
            Push(last);
        }
        finally
        {
            End(reason);
        }
    }

    private sealed class Node(TickStream stream) : TimerNode
    {
        public override void Fire() => stream.Fire();
    }
}
