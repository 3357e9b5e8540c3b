using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// The raw source of a loop: requests that carry the user's own tag and whose completions are taken one by one or observed. In flight plus untaken is
/// bounded; what is over the bound waits in order. Owner thread only.
/// </summary>
internal sealed class RawCompletions(LoopEngine engine, int capacity) : IObservable<Completion>
{
    /// <summary>Marks, among a completion's flags, a message of another loop: nothing of ours was in flight for it.</summary>
    public const uint MessageFlag = 1u << 14;

    private readonly Queue<Completion> untaken = new();
    private readonly Queue<(IoRequest Request, ulong Tag)> waiting = new();
    private readonly List<RawOperation> paused = [];
    private IObserver<Completion>[] observers = [];
    private int outstanding;

    /// <summary>Gets the number of completions that nobody has taken yet.</summary>
    public int Untaken => untaken.Count;

    /// <summary>Gets the number of requests in flight, untaken or waiting.</summary>
    public int Outstanding => outstanding + waiting.Count;

    /// <summary>Gets a value indicating whether a multishot has to pause: nobody takes what it brings.</summary>
    public bool IsFull => untaken.Count >= capacity;

    /// <summary>Submits a request under the user's tag.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Submit(in IoRequest request, ulong tag)
    {
        if (outstanding >= capacity)
        {
            waiting.Enqueue((request, tag));
            return;
        }

        Send(request, tag);
    }

    /// <summary>Takes a completion that an earlier turn met.</summary>
    public bool TryTakeQueued(out Completion completion)
    {
        if (!untaken.TryDequeue(out completion))
        {
            return false;
        }

        OnTaken(completion);
        return true;
    }

    /// <summary>Accounts for a completion that leaves through <see cref="EventLoop.TryTake"/> or an observer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void OnTaken(in Completion completion)
    {
        if (waiting.Count == 0 && paused.Count == 0)
        {
            if (!completion.HasMore && ((uint)completion.Flags & MessageFlag) == 0)
            {
                outstanding--;
            }
        }
        else
        {
            OnTakenOfMany(completion);
        }
    }

    /// <summary>Hands on a completion that a turn met: to the observers, else to the queue that <see cref="EventLoop.TryTake"/> empties.</summary>
    public void OnMet(in Completion completion)
    {
        IObserver<Completion>[] targets = observers;
        if (targets.Length == 0)
        {
            untaken.Enqueue(completion);
            return;
        }

        OnTaken(completion);
        foreach (IObserver<Completion> target in targets)
        {
            target.OnNext(completion);
            engine.Scope.Restore();
        }
    }

    /// <summary>Remembers a multishot that was cancelled until completions are taken.</summary>
    public void Pause(RawOperation operation) => paused.Add(operation);

    /// <summary>Cancels by tag: what waits here is answered here, what is in flight by the kernel.</summary>
    public void Cancel(ulong tag)
    {
        int count = waiting.Count;
        for (int i = 0; i < count; i++)
        {
            (IoRequest request, ulong waitingTag) = waiting.Dequeue();
            if (waitingTag == tag)
            {
                outstanding++;
                OnMet(new Completion(tag, -Errno.ECANCELED, CompletionFlags.None));
            }
            else
            {
                waiting.Enqueue((request, waitingTag));
            }
        }

        engine.StageCancel(tag);
        engine.Table.ForEachInFlight(operation =>
        {
            if (operation is RawOperation raw && raw.UserTag == tag)
            {
                raw.RequestCancel();
            }
        });
    }

    /// <summary>Answers everything that waits, because the loop ends.</summary>
    public void CancelWaiting()
    {
        while (waiting.TryDequeue(out (IoRequest Request, ulong Tag) item))
        {
            outstanding++;
            OnMet(new Completion(item.Tag, -Errno.ECANCELED, CompletionFlags.None));
        }
    }

    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<Completion> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        engine.VerifyOwner();
        observers = [.. observers, observer];
        while (untaken.TryDequeue(out Completion completion))
        {
            engine.Posted.EnqueueLocal(static (s, _) => ((Replay)s!).Run(), new Replay(this, completion));
        }

        return new Subscription(this, observer);
    }

    private void Send(in IoRequest request, ulong tag)
    {
        if (request.IsBare && !request.IsMultishot)
        {
            engine.Submissions.Stage(request.Entry, tag);
            engine.Table.InFlight++;
        }
        else
        {
            new RawOperation(engine, tag).Begin(request);
        }

        outstanding++;
    }

    private void OnTakenOfMany(in Completion completion)
    {
        if (!completion.HasMore && ((uint)completion.Flags & MessageFlag) == 0)
        {
            outstanding--;
            if (waiting.Count != 0 && outstanding < capacity)
            {
                (IoRequest request, ulong tag) = waiting.Dequeue();
                Send(request, tag);
            }
        }

        if (paused.Count != 0 && untaken.Count <= capacity / 2)
        {
            foreach (RawOperation operation in paused)
            {
                operation.Resume();
            }

            paused.Clear();
        }
    }

    private sealed class Replay(RawCompletions owner, Completion completion)
    {
        public void Run() => owner.OnMet(completion);
    }

    private sealed class Subscription(RawCompletions owner, IObserver<Completion> observer) : IDisposable
    {
        private bool disposed;

        public void Dispose()
        {
            if (!disposed)
            {
                disposed = true;
                List<IObserver<Completion>> rest = [.. owner.observers];
                rest.Remove(observer);
                owner.observers = [.. rest];
            }
        }
    }
}
