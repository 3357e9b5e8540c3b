namespace Dispatch.Testing;

/// <summary>The simulated machine's time, for whatever takes a <see cref="TimeProvider"/>. Its timers are events of the simulation, called outside all loops. Time moves only when nothing else can happen, and a little with every step.</summary>
internal sealed class VirtualClock(SimulatedKernel kernel) : TimeProvider
{
    /// <summary>When virtual time begins: 1 January 2030, in nanoseconds of Unix time.</summary>
    public const long EpochNanoseconds = 1_893_456_000_000_000_000;

    private const long ReadNanoseconds = 25;

    /// <inheritdoc/>
    public override long TimestampFrequency => 1_000_000_000;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        if (kernel.IsStepped)
        {
            kernel.Now += ReadNanoseconds; // It takes its time: whoever waits by looking at the clock comes to an end.
        }

        return kernel.Now;
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks((EpochNanoseconds + kernel.Now) / 100);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        VirtualTimer timer = new(kernel, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}
