using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>Where the code that feeds a stream waits until somebody wants an item. One waits at a time. Owner thread only.</summary>
internal sealed class RoomGate(LoopEngine engine) : IOwnerSource, IValueTaskSource
{
    private OwnerCompletionCore core;
    private bool isWaiting;
    private bool isOpening;

    /// <inheritdoc/>
    public LoopEngine Engine => engine;

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <summary>Gets a value indicating whether the code stands here, and nobody has let it go on.</summary>
    public bool IsHeld => isWaiting && !isOpening;

    /// <summary>Waits for the next <see cref="Open"/>.</summary>
    public ValueTask WaitAsync()
    {
        isWaiting = true;
        return new(this, core.Version);
    }

    /// <summary>Lets who waits go on, in a turn of its own: who opens may be a reader's code, in whose stack and execution context nothing else is to run.</summary>
    public void Open()
    {
        if (isWaiting && !isOpening)
        {
            isOpening = true;
            engine.Posted.EnqueueLocal(static (s, _) => ((RoomGate)s!).Release(), this);
        }
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token)
    {
        core.Verify(token);
        return core.IsCompleted ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;
    }

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(engine, this, continuation, state, token, flags);

    /// <inheritdoc/>
    public void GetResult(short token)
    {
        core.VerifyCompleted(token);
        core.Reset();
    }

    private void Release()
    {
        isOpening = false;
        isWaiting = false;
        core.SetCompleted(engine);
    }
}
