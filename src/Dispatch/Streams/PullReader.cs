using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// One enumeration of a stream: the consumer that asks. It is attached from its first <see cref="MoveNextAsync"/> to its disposal. All state is the owner's; a caller on another thread takes the way there with each call.
/// </summary>
internal sealed class PullReader<T>(LoopStream<T> stream, CancellationToken first, CancellationToken second) : IAsyncEnumerator<T>, IOwnerSource, IValueTaskSource<bool>
{
    private static readonly Action<object?, CancellationToken> TokenFired = static (s, token) => ((PullReader<T>)s!).OnTokenFired(token);

    private OwnerCompletionCore core;
    private CancellationTokenRegistration firstRegistration;
    private CancellationTokenRegistration secondRegistration;
    private T? current;
    private Exception? failure;
    private bool result;
    private bool holdsCurrent;
    private bool attached;
    private bool disposed;

    /// <inheritdoc/>
    public LoopEngine Engine => stream.Engine;

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <inheritdoc/>
    public T Current => current!;

    /// <summary>Gets a value indicating whether it waits for an item.</summary>
    public bool IsAwaiting { get; private set; }

    /// <summary>Gets the number of the wait, for a task of it.</summary>
    public short Version => core.Version;

    /// <inheritdoc/>
    public ValueTask<bool> MoveNextAsync() => Engine.IsOwner ? MoveNext() : MoveFromElsewhereAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (Engine.IsOwner)
        {
            Leave();
            return default;
        }

        // On a loop that has ended there is nothing to leave.
        Unregister();
        return Engine.Posted.TryPost(static (s, _) => ((PullReader<T>)s!).LeaveFromInbox(), this, 0) ? new ValueTask(Engine.Loop.TryInvokeAsync(static () => Task.CompletedTask, static () => { })) : default;
    }

    /// <summary>Gives back what it holds, and is no consumer any more. Owner only.</summary>
    public void Leave()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        if (core.IsCompleted && result)
        {
            result = false; // It came, and was not taken before this: whoever takes it now gets the end, and not an item whose buffer has gone back.
            Engine.CountOrphan();
        }

        ReleaseCurrent();
        Unregister();
        stream.DetachReader(this);
        if (IsAwaiting)
        {
            CompleteEnd(null); // Somebody left while somebody waited.
        }
    }

    /// <summary>Brings the item that is waited for. User code runs before this returns.</summary>
    public void Complete(T item)
    {
        current = item;
        holdsCurrent = true;
        result = true;
        Wake();
    }

    /// <summary>Nothing more comes.</summary>
    public void CompleteEnd(Exception? reason)
    {
        failure = reason;
        result = false;
        Wake();
    }

    /// <summary>Ends the waiting of a caller whose own token has fired. Owner only.</summary>
    public void Cancel(CancellationToken token)
    {
        if (IsAwaiting)
        {
            CompleteEnd(new OperationCanceledException(token));
        }
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token, in failure);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(Engine, this, continuation, state, token, flags);

    /// <inheritdoc/>
    public bool GetResult(short token)
    {
        core.VerifyCompleted(token);
        return TakeResult();
    }

    private ValueTask<bool> MoveNext()
    {
        if (IsAwaiting || core.IsCompleted)
        {
            throw new InvalidOperationException("The last MoveNextAsync of this enumeration has not been awaited. One at a time.");
        }

        ReleaseCurrent();
        if (disposed)
        {
            return new(false);
        }

        if (CancelledBy() is { } token)
        {
            return ValueTask.FromCanceled<bool>(token);
        }

        if (!attached)
        {
            Attach();
        }

        if (stream.TryTake(out current))
        {
            holdsCurrent = true;
            return new(true);
        }

        if (stream.IsEnded)
        {
            return stream.Failure is { } error ? ValueTask.FromException<bool>(error) : new(false);
        }

        IsAwaiting = true;
        stream.OnReaderWaits();
        return core.IsCompleted ? Finished() : new(this, core.Version);
    }

    /// <summary>The item was there and only had to be asked for.</summary>
    private ValueTask<bool> Finished()
    {
        try
        {
            return new(TakeResult());
        }
        catch (Exception e)
        {
            return ValueTask.FromException<bool>(e);
        }
    }

    private ValueTask<bool> MoveFromElsewhereAsync() => new(Engine.Loop.InvokeAsync(() => MoveNext().AsTask()));

    private void Attach()
    {
        stream.AttachReader(this);
        attached = true;
        firstRegistration = first.UnsafeRegister(TokenFired, this);
        secondRegistration = second == first ? default : second.UnsafeRegister(TokenFired, this);
    }

    private CancellationToken? CancelledBy() => first.IsCancellationRequested ? first : second.IsCancellationRequested ? second : null;

    private void OnTokenFired(CancellationToken token)
    {
        if (Engine.IsOwner)
        {
            Cancel(token);
        }
        else
        {
            Engine.Posted.TryPost(static (s, _) => ((PullReader<T>)s!).CancelFromInbox(), this, 0);
        }
    }

    private void CancelFromInbox()
    {
        if (Engine.IsOwner && CancelledBy() is { } token)
        {
            Cancel(token);
        }
    }

    private void Wake()
    {
        IsAwaiting = false;
        core.SetCompleted(Engine);
    }

    private bool TakeResult()
    {
        Exception? thrown = failure;
        bool found = result;
        failure = null;
        core.Reset();
        return thrown is null ? found : throw thrown;
    }

    private void ReleaseCurrent()
    {
        if (holdsCurrent)
        {
            holdsCurrent = false;
            stream.Release(current!);
            current = default;
        }
    }

    private void LeaveFromInbox()
    {
        if (Engine.IsOwner)
        {
            Leave();
        }
    }

    private void Unregister()
    {
        firstRegistration.Dispose();
        secondRegistration.Dispose();
    }
}
