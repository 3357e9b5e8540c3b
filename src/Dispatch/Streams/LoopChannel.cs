using System.Collections.Concurrent;

namespace Dispatch;

/// <summary>
/// Messages to a loop from other loops and threads, as a stream: typed, in order for each sender, with nothing allocated a message. A burst wakes the loop once. Messages wait in the channel, not with the loop, until somebody consumes;
/// a full channel makes its senders wait.
/// </summary>
/// <remarks>Ends with <c>OnCompleted</c> after <see cref="Complete"/>, when what was sent before has been taken; or when the loop ends. Sending works on any thread.</remarks>
/// <typeparam name="T">The type of the messages.</typeparam>
public sealed class LoopChannel<T> : LoopStream<T>
{
    private const int Burst = 256;

    private readonly ConcurrentQueue<T> messages = new();
    private readonly Queue<TaskCompletionSource<bool>> waiting = new();
    private readonly Lock sync = new();
    private readonly int limit;
    private int count;
    private int signaled;
    private int hasWaiting;
    private volatile bool completed;
    private volatile bool closed;

    /// <summary>Initializes a new instance of the <see cref="LoopChannel{T}"/> class. Any thread.</summary>
    /// <param name="capacity">How many messages may wait; null for as many as memory holds. Default 1,024.</param>
    /// <param name="loop">The loop that will own it, and consume; by default the calling thread's.</param>
    public LoopChannel(int? capacity = 1024, EventLoop? loop = null)
        : base(EventLoop.Required(loop).Engine, 0, StreamOverflow.Pause)
    {
        if (capacity is { } asked)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(asked, 1, nameof(capacity));
        }

        limit = capacity ?? int.MaxValue;
    }

    /// <summary>Gets how many messages wait. Any thread, approximately.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>Sends a message if there is room. Any thread.</summary>
    /// <param name="message">The message.</param>
    /// <returns>False when the channel is full, completed, or its loop has ended: the message was not sent.</returns>
    public bool TryWrite(T message)
    {
        if (completed || closed || Engine.Inbox.IsClosed)
        {
            return false;
        }

        // Counted before it is looked again whether the channel was completed: of the two, one sees the other, so that no message is left behind in a stream that has ended.
        if (Interlocked.Increment(ref count) > limit || completed)
        {
            Interlocked.Decrement(ref count);
            Signal();
            return false;
        }

        messages.Enqueue(message);
        Signal();
        return true;
    }

    /// <summary>Sends a message, and waits for room first if there is none. Any thread. A sender that awaits each message has them taken in its order.</summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A task that ends when the message is in the channel.</returns>
    /// <exception cref="ObjectDisposedException">The channel was completed, or its loop has ended.</exception>
    public ValueTask WriteAsync(T message, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken)
        : Volatile.Read(ref hasWaiting) == 0 && TryWrite(message) ? default
        : new ValueTask(WriteLaterAsync(message, cancellationToken));

    /// <summary>Ends the stream after the messages that are in it. Any thread.</summary>
    public void Complete()
    {
        completed = true;
        Interlocked.MemoryBarrier();
        WakeWaiting();
        Signal();
    }

    /// <inheritdoc/>
    private protected override void OnResume() => Drain();

    /// <inheritdoc/>
    private protected override void OnSuspend()
    {
        // Messages wait in the channel.
    }

    /// <inheritdoc/>
    private protected override void OnEnded()
    {
        closed = true;
        WakeWaiting();
    }

    /// <summary>One post a burst: while the flag is up a post is on its way, and only that post lowers it, before it looks. What was sent after that posts again.</summary>
    private void Signal()
    {
        if (Volatile.Read(ref signaled) == 0 && Interlocked.Exchange(ref signaled, 1) == 0)
        {
            Engine.Posted.TryPost(static (s, _) => ((LoopChannel<T>)s!).DrainFromInbox(), this, 0);
        }
    }

    private void DrainFromInbox()
    {
        if (Engine.IsOwner)
        {
            Interlocked.Exchange(ref signaled, 0);
            Drain();
        }
    }

    private void Drain()
    {
        int taken = 0;
        try
        {
            while (HasRoom && taken < Burst && messages.TryDequeue(out T? message))
            {
                taken++;
                Interlocked.Decrement(ref count);
                Push(message);
            }
        }
        finally
        {
            if (taken != 0 && Volatile.Read(ref hasWaiting) != 0)
            {
                WakeWaiting();
            }

            if (taken == Burst)
            {
                Signal(); // The rest in the next turn: others have theirs between.
            }
        }

        if (completed && IsConsumed && Count == 0)
        {
            End(null);
        }
    }

    private async Task WriteLaterAsync(T message, CancellationToken token)
    {
        while (true)
        {
            TaskCompletionSource<bool> turn = new(Engine.Ring.OffLoop.CompletionOptions);
            lock (sync)
            {
                waiting.Enqueue(turn);
                Volatile.Write(ref hasWaiting, 1);
            }

            // Room may have come between the look and the standing in line, and nobody would tell.
            if (Count < limit || completed || closed || Engine.Inbox.IsClosed)
            {
                WakeWaiting();
            }

            await turn.Task.WaitAsync(token);
            ObjectDisposedException.ThrowIf(completed || closed || Engine.Inbox.IsClosed, this);
            if (TryWrite(message))
            {
                return;
            }
        }
    }

    private void WakeWaiting()
    {
        TaskCompletionSource<bool>[] woken;
        lock (sync)
        {
            woken = [.. waiting];
            waiting.Clear();
            Volatile.Write(ref hasWaiting, 0);
        }

        foreach (TaskCompletionSource<bool> turn in woken)
        {
            Engine.Ring.OffLoop.Complete(static s => ((TaskCompletionSource<bool>)s).TrySetResult(true), turn);
        }
    }
}
