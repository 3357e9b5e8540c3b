namespace Dispatch;

/// <summary>The loop's clock as a <see cref="TimeProvider"/>: its timers call back on the owner. Any thread.</summary>
internal sealed class LoopTimeProvider(LoopEngine engine) : TimeProvider
{
    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => Base.LocalTimeZone;

    /// <inheritdoc/>
    public override long TimestampFrequency => Base.TimestampFrequency;

    private TimeProvider Base => engine.Options.TimeProvider ?? engine.Ring.Clock;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Base.GetUtcNow();

    /// <inheritdoc/>
    public override long GetTimestamp() => Base.GetTimestamp();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        LoopTimer timer = new(engine, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}
