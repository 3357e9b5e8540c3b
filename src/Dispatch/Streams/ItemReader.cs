using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// A reader that is asked for one item at a time, each time with a token of the call's own, and is the stream's consumer from the first call on. Nothing is allocated an item on the owner. (An asynchronous method around
/// <see cref="PullReader{T}"/> would cost a delegate each time that it resumes through the loop's synchronization context.)
/// </summary>
internal sealed class ItemReader<T>(LoopStream<T> stream) : IValueTaskSource<T>
{
    private static readonly Action<object?, CancellationToken> TokenFired = static (s, token) => ((ItemReader<T>)s!).OnTokenFired(token);

    private readonly PullReader<T> reader = new(stream, default, default);
    private CancellationTokenRegistration registration;

    /// <summary>Gets the next item, which is valid until the next call. Throws what <see cref="LoopStream{T}.Ended"/> says where there is none.</summary>
    public ValueTask<T> ReadAsync(CancellationToken token) => stream.Engine.IsOwner ? Read(token) : ReadFromElsewhereAsync(token);

    /// <summary>Gives back what it holds, and is no consumer any more. Owner only.</summary>
    public void Leave() => reader.Leave();

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => reader.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => reader.OnCompleted(continuation, state, token, flags);

    /// <inheritdoc/>
    public T GetResult(short token)
    {
        registration.Dispose();
        registration = default;
        return reader.GetResult(token) ? reader.Current : throw stream.Ended();
    }

    private ValueTask<T> Read(CancellationToken token)
    {
        if (token.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(token);
        }

        ValueTask<bool> moving = reader.MoveNextAsync();
        if (!moving.IsCompleted)
        {
            registration = token.UnsafeRegister(TokenFired, this);
            return new(this, reader.Version);
        }

        try
        {
            return moving.GetAwaiter().GetResult() ? new(reader.Current) : ValueTask.FromException<T>(stream.Ended());
        }
        catch (Exception e)
        {
            return ValueTask.FromException<T>(e);
        }
    }

    private ValueTask<T> ReadFromElsewhereAsync(CancellationToken token) => new(stream.Loop.InvokeAsync(() => Read(token).AsTask()));

    private void OnTokenFired(CancellationToken token)
    {
        if (stream.Engine.IsOwner)
        {
            reader.Cancel(token);
        }
        else
        {
            stream.Engine.Posted.TryPost(static (s, _) => ((ItemReader<T>)s!).CancelFromInbox(), this, 0);
        }
    }

    private void CancelFromInbox()
    {
        // By now it may be another call that waits, with a token of its own.
        if (stream.Engine.IsOwner && registration.Token is { IsCancellationRequested: true } token)
        {
            reader.Cancel(token);
        }
    }
}
