namespace Dispatch;

/// <summary>
/// A raw request that refers to memory or handles, or completes many times: its references live here, its completions go to the raw source under the
/// user's tag. Pooled. A multishot that nobody empties is cancelled at the bound and armed again when completions were taken.
/// </summary>
internal sealed class RawOperation(LoopEngine engine) : Operation(engine)
{
    private IoRequest request;
    private bool pausing;

    /// <inheritdoc/>
    public override object? Observer => Engine.Raw.Observer;

    /// <summary>Gets the user's tag.</summary>
    public ulong UserTag { get; private set; }

    /// <summary>Takes the request over and stages it.</summary>
    public void Begin(in IoRequest request, ulong userTag)
    {
        UserTag = userTag;
        try
        {
            Start(request);
        }
        catch
        {
            Engine.RawPool.Return(this);
            throw;
        }

        if (request.IsMultishot)
        {
            this.request = request;
        }
    }

    /// <summary>The user cancels: the cancel of a pause, if one is on its way, becomes the user's, and its answer the terminal completion.</summary>
    public void CancelForGood()
    {
        pausing = false;
        RequestCancel();
    }

    /// <summary>The next cancelled completion is the user's, and no pause's.</summary>
    public void EndPause() => pausing = false;

    /// <summary>Ends its use; what its completions said stays valid.</summary>
    public void Leave()
    {
        if (pausing || request.IsMultishot)
        {
            pausing = false;
            request = default; // An idle operation keeps no handle alive.
        }

        Engine.RawPool.Return(this);
    }

    /// <summary>Arms a paused multishot again.</summary>
    public void Resume()
    {
        pausing = false;
        Start(request);
    }

    /// <summary>
    /// Turns a kernel completion into the user's, or returns false when it is only the end of a pause.
    /// </summary>
    public bool TryTranslate(in CompletionEntry entry, bool terminal, out Completion completion)
    {
        Engine.Latency?.OnTaken(Index);
        completion = Completion.Of(UserTag, entry);
        if (terminal)
        {
            if (pausing && entry.Result == -Errno.ECANCELED)
            {
                Engine.Raw.Pause(this);
                return false;
            }

            Leave();
        }

        return true;
    }

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        if (!TryTranslate(entry, terminal, out Completion completion))
        {
            return;
        }

        Engine.Raw.OnMet(completion);
        if (!terminal && !pausing && request.IsMultishot && Engine.Raw.IsFull)
        {
            pausing = true;
            RequestCancel();
        }
    }
}
