namespace Dispatch;

/// <summary>
/// The system calls that a loop has made by workers, because its ring cannot: the pool, and the way back. A worker puts a finished call on the pool's list and signals the owner's inbox, which wakes it if it sleeps; the owner's next
/// turn delivers the result like any other. Made at the loop's first such call. Owner thread only, but for what <see cref="IWorkerOwner"/> says.
/// </summary>
internal sealed class LoopWorkers : IWorkerOwner
{
    private readonly LoopEngine engine;
    private readonly WorkerPool pool;
    private LoopCall? first;
    private LoopCall? last;
    private bool stopped;
    private Thread? closer;

    public LoopWorkers(LoopEngine engine)
    {
        this.engine = engine;
        pool = new WorkerPool(this, engine.Options.MaxWorkers, engine.Options.MaxWaitingWorkers);
    }

    /// <summary>Gets the number of calls that have not been delivered.</summary>
    public int InFlight { get; private set; }

    /// <summary>Gets the number of raw calls among them: the raw source has to look here for their completions.</summary>
    public int RawInFlight { get; private set; }

    /// <summary>Gets or sets how long a thread stays without a call. Set before the first call.</summary>
    public TimeSpan IdleTime
    {
        get => pool.IdleTime;
        set => pool.IdleTime = value;
    }

    /// <summary>Gets a value indicating whether results are there to be delivered.</summary>
    public bool HasArrived => first is not null || pool.HasDone;

    /// <summary>Gets the number of threads. Any thread, approximately.</summary>
    public int ThreadCount => pool.ThreadCount;

    /// <summary>Gets the number of calls that wait for a worker. Any thread, approximately.</summary>
    public int QueueLength => pool.QueueLength;

    /// <summary>Gets how many calls had to wait because every worker that there may be was busy.</summary>
    public long Waits => pool.Waits;

    /// <summary>Has a worker make an operation's call. Whatever comes of it comes in a later turn.</summary>
    public LoopCall Begin(Operation operation, in CallEntry entry, FileIdentity? identity)
    {
        LoopCall call = Take(operation);
        SystemCallTable.TryFind(entry.Number, out SystemCallFacts facts);
        call.Entry = entry;
        call.Identity = identity;
        call.Restarts = facts.Interruption == SystemCallInterruption.Again;
        call.HasCrossed = true;
        if (stopped)
        {
            Answer(call, -Errno.ECANCELED);
        }
        else if (!engine.Ring.TryBeginCall(call, pool) && pool.Run(call, facts.CanWaitForEver) is < 0 and int error)
        {
            Answer(call, error);
        }

        return call;
    }

    /// <summary>Gives an operation a result that no worker makes, in a later turn.</summary>
    public LoopCall Answer(Operation operation, int result)
    {
        LoopCall call = Take(operation);
        call.Identity = null;
        Answer(call, result);
        return call;
    }

    /// <summary>Cancels a call: 0 when no worker had come to it, −EALREADY when one is told to stop, or when it is over. Its completion comes in either case.</summary>
    public int Cancel(LoopCall call)
    {
        int answer = call.Group is { } group ? group.Cancel(call) : engine.Ring.CancelCall(call);
        if (answer == 0)
        {
            Answer(call, -Errno.ECANCELED);
        }

        return answer;
    }

    /// <summary>Cancels all of them.</summary>
    public void CancelAll()
    {
        if (InFlight != 0)
        {
            engine.Table.ForEachInFlight(static operation => operation.CancelCall());
        }
    }

    /// <summary>Delivers up to a budget of results. Returns how many.</summary>
    public int Deliver(int budget)
    {
        Collect();
        int delivered = 0;
        while (delivered < budget && first is { } call)
        {
            first = (LoopCall?)call.Next;
            delivered++;
            Finish(call, out Operation operation, out CompletionEntry entry);
            engine.Watch?.NoteCompletion(operation);
            KindLatency? kind = engine.Latency?.BeginCall(operation.Index);
            try
            {
                operation.Deliver(entry);
            }
            catch (Exception e)
            {
                // A consumer threw. It has ended its own business; the loop goes on with the next result.
                engine.ReportException(e, null);
                engine.Scope.Restore();
            }

            engine.Latency?.End(kind);
        }

        if (first is not null)
        {
            engine.Inbox.ResumeLater(); // The rest in the next turn.
        }

        return delivered;
    }

    /// <summary>Hands the results of raw calls to the raw source. Runs no user code; the others wait for the next turn, in order.</summary>
    public void KeepRaw()
    {
        Collect();
        LoopCall? call = first;
        LoopCall? before = null;
        while (call is not null)
        {
            LoopCall? next = (LoopCall?)call.Next;
            if (call.Operation is RawOperation)
            {
                if (before is null)
                {
                    first = next;
                }
                else
                {
                    before.Next = next;
                }

                if (ReferenceEquals(last, call))
                {
                    last = before;
                }

                Finish(call, out Operation operation, out CompletionEntry entry);
                engine.Raw.Keep((RawOperation)operation, entry);
            }
            else
            {
                before = call;
            }

            call = next;
        }
    }

    /// <summary>No call begins any more, and all that there are are told to end.</summary>
    public void Stop()
    {
        stopped = true;
        CancelAll();
    }

    /// <summary>
    /// The loop ends. Calls that no signal ends go on, each with what was lent to it, which its worker lets go at the end.
    /// </summary>
    public void Close()
    {
        stopped = true;
        closer = Thread.CurrentThread;
        pool.Close();
        closer = null;
        if (InFlight == 0)
        {
            pool.Join();
        }
    }

    /// <inheritdoc/>
    void IWorkerOwner.OnWorkersDone() => engine.Inbox.Signal();

    /// <inheritdoc/>
    void IWorkerOwner.EndLate(WorkerCall call)
    {
        LoopCall late = (LoopCall)call;
        if (ReferenceEquals(Volatile.Read(ref closer), Thread.CurrentThread))
        {
            Append(late); // It was done before: whoever closes delivers it yet.
        }
        else
        {
            late.Operation!.EndLate(late.Result);
        }
    }

    private LoopCall Take(Operation operation)
    {
        LoopCall call = (LoopCall?)pool.TryRent() ?? new LoopCall();
        call.Operation = operation;
        call.Group = null;
        call.HasCrossed = false;
        call.IsTimed = engine.Latency is not null;
        call.Began = 0;
        InFlight++;
        if (operation is RawOperation)
        {
            RawInFlight++;
        }

        return call;
    }

    private void Answer(LoopCall call, int result)
    {
        call.HasCrossed = false;
        call.Result = result;
        Append(call);
        engine.Inbox.Signal();
    }

    private void Collect()
    {
        for (WorkerCall? call = pool.TakeDone(); call is not null;)
        {
            WorkerCall? next = call.Next;
            Append((LoopCall)call);
            call = next;
        }
    }

    private void Append(LoopCall call)
    {
        call.Next = null;
        if (first is null)
        {
            first = call;
        }
        else
        {
            last!.Next = call;
        }

        last = call;
    }

    private void Finish(LoopCall call, out Operation operation, out CompletionEntry entry)
    {
        operation = call.Operation!;
        entry = CompletionEntry.OfCall(call.Result);
        if (call.HasCrossed)
        {
            engine.CountHandOff();
        }

        engine.Counters.Completions++;
        InFlight--;
        if (operation is RawOperation)
        {
            RawInFlight--;
        }

        engine.Latency?.OnCallBack(operation.Index, call.Began, call.Ended);
        operation.LeaveCall();
        call.Operation = null;
        call.Identity = null;
        pool.Return(call);
    }
}
