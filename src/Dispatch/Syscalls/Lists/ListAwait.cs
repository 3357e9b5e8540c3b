using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>An await of a list, or of one entry, on the list's loop. Kept for the next one: it allocates once.</summary>
internal sealed class ListAwait(LoopEngine engine) : IOwnerSource, IValueTaskSource, IValueTaskSource<Completion>
{
    private OwnerCompletionCore core;
    private Completion completion;
    private bool armed;

    /// <inheritdoc/>
    public LoopEngine Engine { get; } = engine;

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <summary>Begins an await; its token.</summary>
    public short Arm()
    {
        if (armed)
        {
            throw new InvalidOperationException("This run of the list is being awaited already. Await it once; call AsTask() to await it more often.");
        }

        armed = true;
        return core.Version;
    }

    /// <summary>Ends it, if there is one; runs user code.</summary>
    public void Complete(in Completion completion)
    {
        if (armed)
        {
            this.completion = completion;
            armed = false;
            core.SetCompleted(Engine);
        }
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token)
    {
        core.Verify(token);
        return core.IsCompleted ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending; // A failure is in the completion.
    }

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(Engine, this, continuation, state, token, flags);

    /// <inheritdoc/>
    void IValueTaskSource.GetResult(short token) => Take(token);

    /// <inheritdoc/>
    Completion IValueTaskSource<Completion>.GetResult(short token) => Take(token);

    private Completion Take(short token)
    {
        core.VerifyCompleted(token);
        Completion result = completion;
        core.Reset();
        return result;
    }
}
