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

    /// <summary>Whether every request needs a slot, to be followed by.</summary>
    private readonly bool measured = engine.Latency is not null;
    private IObserver<Completion>[] observers = [];
    private int outstanding;
    private bool isPlain = true;
    private bool replaying;

    /// <summary>Gets the number of completions that nobody has taken yet.</summary>
    public int Untaken => untaken.Count;

    /// <summary>Gets the number of requests in flight, untaken or waiting.</summary>
    public int Outstanding => outstanding + waiting.Count;

    /// <summary>Gets a value indicating whether a multishot has to pause: nobody takes what it brings.</summary>
    public bool IsFull => untaken.Count >= capacity;

    /// <summary>Gets the first of those that completions go to, or null; for reports.</summary>
    public object? Observer => observers.Length == 0 ? null : observers[0];

    /// <summary>Gets a value indicating whether the next completion is the ring's, and taking it has no further consequence: nothing is untaken, waits or pauses.</summary>
    public bool IsPlain => isPlain;

    /// <summary>Accounts for the only completion of a request, while the source is plain.</summary>
    public void OnPlainTaken() => outstanding--;

    /// <summary>Finds out again whether the source is plain.</summary>
    public void Settle() => isPlain = untaken.Count == 0 && waiting.Count == 0 && paused.Count == 0 && engine.WorkersIfCreated is not { RawInFlight: > 0 };

    /// <summary>Finds the first request of a tag that a worker has, or null.</summary>
    public Operation? FindCall(ulong tag)
    {
        Operation? found = null;
        if (engine.WorkersIfCreated is { RawInFlight: > 0 })
        {
            engine.Table.ForEachInFlight(operation => found ??= operation is RawOperation { IsCall: true } raw && raw.UserTag == tag ? raw : null);
        }

        return found;
    }

    /// <summary>Takes the result of a call that a worker has made.</summary>
    public void Keep(RawOperation operation, in CompletionEntry entry)
    {
        if (operation.TryTranslate(entry, operation.Account(entry), out Completion completion))
        {
            Keep(completion);
        }
    }

    /// <summary>Submits a request under the user's tag.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Submit(in IoRequest request, ulong tag)
    {
        if (outstanding >= capacity)
        {
            Wait(request, tag);
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

    /// <summary>
    /// Hands on a completion that a turn met: to the observers, else to the queue that <see cref="EventLoop.TryTake"/> empties. Those that wait there go first, so that order is kept.
    /// </summary>
    public void OnMet(in Completion completion)
    {
        if (observers.Length == 0 || untaken.Count != 0)
        {
            Keep(completion);
        }
        else
        {
            Hand(completion);
        }
    }

    /// <summary>Remembers a multishot that was cancelled until completions are taken.</summary>
    public void Pause(RawOperation operation)
    {
        isPlain = false;
        paused.Add(operation);
    }

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
                Answer(tag, Errno.ECANCELED);
            }
            else
            {
                waiting.Enqueue((request, waitingTag));
            }
        }

        EndPauses(operation => operation.UserTag == tag);
        engine.Cancellation.StageRaw(tag);
        engine.Table.ForEachInFlight(operation =>
        {
            if (operation is RawOperation raw && raw.UserTag == tag)
            {
                raw.CancelForGood();
            }
        });
    }

    /// <summary>
    /// Finds the request that a cancel or an update by tag means, when its tag in the kernel is not the user's: it has references, or completes many times, and so has a slot.
    /// </summary>
    public void ResolveCancel(ref SubmissionEntry entry)
    {
        ulong tag = entry.Address;
        ulong slot = 0;
        bool ends = entry.Opcode switch
        {
            Opcode.PollRemove => entry.Length == 0,
            Opcode.TimeoutRemove => entry.OperationFlags == 0,
            _ => true,
        };
        engine.Table.ForEachInFlight(operation =>
        {
            if (slot == 0 && operation is RawOperation raw && raw.UserTag == tag)
            {
                slot = raw.Tag;
                if (ends)
                {
                    raw.EndPause();
                }
            }
        });
        entry.Address = slot == 0 ? tag : slot;
    }

    /// <summary>Answers everything that is not in the kernel, and pauses nothing any more: everything is to be cancelled.</summary>
    public void CancelWaiting()
    {
        while (waiting.TryDequeue(out (IoRequest Request, ulong Tag) item))
        {
            outstanding++;
            Answer(item.Tag, Errno.ECANCELED);
        }

        EndPauses(static _ => true);
        engine.Table.ForEachInFlight(static operation => (operation as RawOperation)?.EndPause());
    }

    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<Completion> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        engine.VerifyOwner();
        observers = [.. observers, observer];
        ReplayLater();
        return new Subscription(this, observer);
    }

    private void Send(in IoRequest request, ulong tag)
    {
        if (request.IsBare && !request.IsMultishot && !measured)
        {
            engine.Submissions.Stage(request.Entry, tag);
            engine.Table.InFlight++;
        }
        else
        {
            engine.RawPool.Rent().Begin(request, tag);
            isPlain &= engine.WorkersIfCreated is not { RawInFlight: > 0 };
        }

        outstanding++;
    }

    private void Wait(in IoRequest request, ulong tag)
    {
        if (request.IsChained)
        {
            throw IoRequest.Alone(request); // Now, and not at the one who takes the completion that makes room for it.
        }

        isPlain = false;
        waiting.Enqueue((request, tag));
    }

    private void OnTakenOfMany(in Completion completion)
    {
        if (!completion.HasMore && ((uint)completion.Flags & MessageFlag) == 0)
        {
            outstanding--;
            while (waiting.Count != 0 && outstanding < capacity)
            {
                (IoRequest request, ulong tag) = waiting.Dequeue();
                try
                {
                    Send(request, tag);
                }
                catch (Exception e)
                {
                    // Its handle was closed while it waited. Whoever takes the present completion is not to blame; the request gets an answer of its own.
                    outstanding++;
                    Answer(tag, ErrorMap.ErrnoOf(e));
                }
            }
        }

        if (paused.Count != 0 && untaken.Count <= capacity / 2)
        {
            foreach (RawOperation operation in paused)
            {
                try
                {
                    operation.Resume();
                }
                catch (Exception e)
                {
                    operation.Leave();
                    Answer(operation.UserTag, ErrorMap.ErrnoOf(e));
                }
            }

            paused.Clear();
        }
    }

    private void EndPauses(Predicate<RawOperation> which)
    {
        foreach (RawOperation operation in paused)
        {
            if (which(operation))
            {
                operation.Leave();
                Answer(operation.UserTag, Errno.ECANCELED);
            }
        }

        paused.RemoveAll(which);
    }

    /// <summary>Gives a request that is not in the kernel its terminal completion.</summary>
    private void Answer(ulong tag, int errno) => Keep(new Completion(tag, -errno, CompletionFlags.None));

    private void Keep(in Completion completion)
    {
        isPlain = false;
        untaken.Enqueue(completion);
        ReplayLater();
    }

    private void ReplayLater()
    {
        if (observers.Length != 0 && untaken.Count != 0 && !replaying)
        {
            replaying = true;
            engine.Posted.EnqueueLocal(static (s, _) => ((RawCompletions)s!).Replay(), this);
        }
    }

    private void Replay()
    {
        replaying = false;
        while (observers.Length != 0 && untaken.TryDequeue(out Completion completion))
        {
            Hand(completion);
        }
    }

    private void Hand(in Completion completion)
    {
        OnTaken(completion);
        IObserver<Completion>[] targets = observers;
        foreach (IObserver<Completion> target in targets)
        {
            if (!ReferenceEquals(targets, observers) && Array.IndexOf(observers, target) < 0)
            {
                continue; // A neighbour's callback disposed its subscription a moment ago.
            }

            try
            {
                target.OnNext(completion);
            }
            catch (Exception e)
            {
                // It has ended its own subscription and nobody else's.
                Remove(target);
                engine.ReportException(e, target);
            }

            engine.Scope.Restore();
        }
    }

    private void Remove(IObserver<Completion> observer)
    {
        List<IObserver<Completion>> rest = [.. observers];
        rest.Remove(observer);
        observers = [.. rest];
    }

    private sealed class Subscription(RawCompletions owner, IObserver<Completion> observer) : IDisposable
    {
        private bool disposed;

        public void Dispose()
        {
            if (!disposed)
            {
                disposed = true;
                owner.Remove(observer);
            }
        }
    }
}
