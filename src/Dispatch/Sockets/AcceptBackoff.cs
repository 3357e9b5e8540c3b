namespace Dispatch;

/// <summary>
/// The pause of a listener that ran out of descriptors: until one is closed in this process, and at the latest for a while that doubles from 5 ms to half a second, because
/// descriptors closed behind our back announce nothing.
/// </summary>
internal sealed class AcceptBackoff(AcceptOperation accept) : TimerNode
{
    private const long ShortestNanoseconds = 5_000_000;
    private const long LongestNanoseconds = 500_000_000;

    private long pause = ShortestNanoseconds;
    private long startedAt;

    /// <summary>Gets a value indicating whether accepting pauses.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Begins a pause. Owner only.</summary>
    public void Start()
    {
        if (IsActive)
        {
            return;
        }

        TimerQueue timers = accept.Engine.Timers;
        long now = timers.Now;
        pause = now - startedAt > 2 * LongestNanoseconds ? ShortestNanoseconds : Math.Min(pause * 2, LongestNanoseconds);
        startedAt = now;
        IsActive = true;
        DescriptorEvents.Closed += OnDescriptorClosed;
        DescriptorEvents.AddWaiters(1);
        timers.Schedule(this, pause);
    }

    /// <summary>Ends the pause. Owner only.</summary>
    public void Stop()
    {
        if (IsActive)
        {
            IsActive = false;
            DescriptorEvents.AddWaiters(-1);
            DescriptorEvents.Closed -= OnDescriptorClosed;
            accept.Engine.Timers.Remove(this);
        }
    }

    /// <inheritdoc/>
    public override void Fire()
    {
        Stop();
        accept.Arm();
    }

    /// <inheritdoc/>
    public override void Abandon()
    {
        Stop();
        accept.OnBackoffAbandoned();
    }

    private void OnDescriptorClosed() => accept.Engine.Posted.TryPost(
        static (s, _) =>
        {
            AcceptBackoff self = (AcceptBackoff)s!;
            if (self.IsActive)
            {
                self.Fire();
            }
        },
        this,
        0);
}
