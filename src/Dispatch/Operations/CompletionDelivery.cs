using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// Takes completions out of the ring and to whom they belong: operations and observers in a turn, raw ones also in place, by the polling user. Owner thread only.
/// </summary>
internal sealed class CompletionDelivery(LoopEngine engine, LoopSignal signal)
{
    /// <summary>Completions of operations that the polling user met on the way to raw ones: they wait for the next turn, in order.</summary>
    private readonly Queue<CompletionEntry> deferred = new();
    private readonly KernelRing ring = engine.Ring;
    private readonly OperationTable table = engine.Table;
    private readonly LoopCounters counters = engine.Counters;
    private readonly RawCompletions raw = engine.Raw;
    private readonly ListAnnouncer lists = engine.Lists;
    private readonly LatencyRecorder? latency = engine.Latency;
    private readonly TurnWatch? watch = engine.Watch;

    /// <summary>Whether anybody follows what is delivered: one question a completion.</summary>
    private readonly bool isFollowed = engine.Latency is not null || engine.Watch is not null;

    /// <summary>Gets a value indicating whether completions wait that the ring no longer holds.</summary>
    public bool HasDeferred => deferred.Count != 0;

    /// <summary>Delivers up to a budget. Returns how many.</summary>
    public int Run(int budget)
    {
        int delivered = 0;
        while (delivered < budget)
        {
            try
            {
                while (delivered < budget && TryTakeEntry(out CompletionEntry entry))
                {
                    delivered++;
                    if (isFollowed)
                    {
                        DeliverFollowed(entry);
                    }
                    else
                    {
                        Deliver(entry);
                    }
                }

                break;
            }
            catch (Exception e)
            {
                // A consumer threw. It has ended its own business; the loop goes on with the next completion.
                engine.ReportException(e, null);
                engine.Scope.Restore();
            }
        }

        if (lists.HasAny)
        {
            lists.Run();
        }

        ring.Completions.Release();
        engine.Counters.Completions += delivered;
        return delivered;
    }

    /// <summary>Takes a raw completion, walking the queue in place. Runs no user code; completions of operations wait for the next turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe bool TryTakeRaw(out Completion completion)
    {
        RawCompletions raw = this.raw;
        if (raw.IsPlain)
        {
            // Nothing waits behind the ring: what it holds is next.
            ref CompletionRing completions = ref ring.Completions;
            if (completions.HasEntries)
            {
                CompletionEntry* entry = completions.First;
                if (Tags.IsRaw(entry->UserData) && (entry->Flags & (IoUringAbi.IORING_CQE_F_MORE | RawCompletions.MessageFlag)) == 0)
                {
                    completion = new Completion(entry->UserData, *entry);
                    completions.Head++;
                    completions.Release();
                    raw.OnPlainTaken();
                    table.InFlight--;
                    counters.Completions++;
                    return true;
                }
            }
            else if (!signal.IsRaised && !ring.NeedsAttention)
            {
                completion = default;
                return false;
            }
        }

        return TryTakeSlow(out completion);
    }

    /// <summary>Delivers, in the next turn, a completion that is not in the ring.</summary>
    public void Defer(in CompletionEntry entry)
    {
        signal.IsRaised = true;
        deferred.Enqueue(entry);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTakeEntry(out CompletionEntry entry) =>
        deferred.Count != 0 ? deferred.TryDequeue(out entry) : ring.Completions.TryTake(out entry);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Deliver(in CompletionEntry entry)
    {
        if (Tags.IsRaw(entry.UserData))
        {
            if ((entry.Flags & RawCompletions.MessageFlag) == 0)
            {
                table.InFlight--;
            }

            engine.Raw.OnMet(new Completion(entry.UserData, entry));
        }
        else if (table.Find(entry.UserData) is { } operation)
        {
            operation.Deliver(entry);
        }
        else if (Tags.IsCancel(entry.UserData))
        {
            engine.Cancellation.OnAnswer(entry);
        }
        else if (entry.UserData != Tags.Silent)
        {
            table.CountLate();
        }
    }

    private void DeliverFollowed(in CompletionEntry entry)
    {
        Operation? operation = Tags.IsRaw(entry.UserData) ? null : table.Find(entry.UserData);
        if (operation is not null)
        {
            watch?.NoteCompletion(operation);
        }
        else if (Tags.IsRaw(entry.UserData))
        {
            watch?.Note(TurnCallback.Raw, raw.Observer, null);
        }

        if (latency is null)
        {
            Deliver(entry);
            return;
        }

        KindLatency? kind = latency.Begin(operation?.Index ?? -1);
        try
        {
            Deliver(entry);
        }
        finally
        {
            latency.End(kind);
        }
    }

    private bool TryTakeSlow(out Completion completion)
    {
        if (raw.Untaken == 0 && engine.WorkersIfCreated is { RawInFlight: > 0, HasArrived: true } workers)
        {
            workers.KeepRaw();
        }

        if (raw.Untaken != 0)
        {
            bool taken = raw.TryTakeQueued(out completion);
            raw.Settle();
            return taken;
        }

        raw.Settle();
        if (TryTakeInPlace(out completion))
        {
            return true;
        }

        if (!engine.Submissions.HasStaged && !ring.NeedsAttention)
        {
            return false;
        }

        engine.Enter(0, -1);
        engine.SettleSignal();
        return TryTakeInPlace(out completion);
    }

    private bool TryTakeInPlace(out Completion completion)
    {
        ref CompletionRing completions = ref ring.Completions;
        while (completions.TryTake(out CompletionEntry entry))
        {
            if (Tags.IsRaw(entry.UserData))
            {
                completion = new Completion(entry.UserData, entry);
                if ((entry.Flags & RawCompletions.MessageFlag) == 0)
                {
                    table.InFlight--;
                    engine.Raw.OnTaken(completion);
                }
            }
            else if (Tags.IsCancel(entry.UserData))
            {
                engine.Cancellation.OnAnswer(entry);
                continue;
            }
            else if (table.Find(entry.UserData) is not RawOperation operation)
            {
                Defer(entry);
                continue;
            }
            else if (!operation.TryTranslate(entry, operation.Account(entry), out completion))
            {
                continue;
            }
            else
            {
                engine.Raw.OnTaken(completion);
            }

            engine.Counters.Completions++;
            completions.Release();
            return true;
        }

        completions.Release();
        completion = default;
        return false;
    }
}
