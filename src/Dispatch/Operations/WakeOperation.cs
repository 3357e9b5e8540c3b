namespace Dispatch;

/// <summary>The request that lets other threads end the loop's wait. Armed for the life of the loop; carries no data.</summary>
internal sealed class WakeOperation(LoopEngine engine) : Operation(engine)
{
    private bool stopped;

    /// <summary>Arms it, when this kernel needs it.</summary>
    public void Begin()
    {
        SubmissionEntry entry = default;
        if (Engine.Ring.TryPrepareWakeRequest(ref entry))
        {
            StartEntry(entry);
            Engine.Latency?.Forget(Index);
        }
    }

    /// <summary>Ends it: the loop closes.</summary>
    public void Stop()
    {
        stopped = true;
        RequestCancel();
    }

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        if (terminal && !stopped)
        {
            Begin();
        }
    }
}
