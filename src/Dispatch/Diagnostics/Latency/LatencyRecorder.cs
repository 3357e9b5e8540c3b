using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// Follows every request of a loop from its staging to the end of its callback, by its slot. It reads the clock once for each of these: a staging, an enter, a look at the ring, the end of a callback. Made only where
/// <see cref="EventLoopOptions.MeasureLatency"/> asks for it. Owner thread only, but for <see cref="Snapshot"/> and <see cref="OnWake"/>.
/// </summary>
internal sealed class LatencyRecorder
{
    private const int Opcodes = 256;

    private readonly string loop;
    private readonly KernelRing ring;
    private readonly NanosecondClock clock;
    private readonly LogHistogram lag = new();
    private readonly LogHistogram turns = new();
    private readonly KeyValuePair<string, object?> loopTag;

    /// <summary>By opcode, and behind those by number of system call. A kind's histograms are made at its first request.</summary>
    private KindLatency?[] kinds = new KindLatency?[Opcodes];
    private RequestStamp[] stamps = new RequestStamp[64];
    private uint seenUpTo;
    private long seenAt;
    private long last;
    private long wokenAt;

    public LatencyRecorder(string loop, KernelRing ring)
    {
        this.loop = loop;
        this.ring = ring;
        clock = new NanosecondClock(ring.Clock);
        loopTag = new KeyValuePair<string, object?>(LoopMeter.LoopTag, loop);
        Spent = new TimeSpent(clock);
    }

    /// <summary>Gets what the loop's time went into.</summary>
    public TimeSpent Spent { get; }

    /// <summary>Gets the time.</summary>
    public long Now => clock.Now;

    /// <summary>A request has been staged, or given to a worker.</summary>
    /// <param name="index">Its slot.</param>
    /// <param name="opcode">Its opcode.</param>
    /// <param name="number">The number of the system call, for one that is a worker's.</param>
    public void OnStaged(int index, Opcode opcode, int number)
    {
        if ((uint)index >= (uint)stamps.Length)
        {
            Array.Resize(ref stamps, Math.Max(stamps.Length * 2, index + 1));
        }

        int kind = CallEntry.IsCall(opcode) ? Opcodes + number : (int)opcode;
        KindLatency?[] all = kinds;
        stamps[index] = new RequestStamp { Staged = clock.Now, Kind = (uint)kind < (uint)all.Length && all[kind] is { } known ? known : Make(kind, opcode, number) };
    }

    /// <summary>The request that has been staged is the loop's own, of no interest to anybody.</summary>
    public void Forget(int index) => stamps[index] = default;

    /// <summary>Enters the kernel, and notes when for every request that went along.</summary>
    public unsafe int Enter(uint minimumCompletions, long timeoutNanoseconds)
    {
        ref SubmissionRing submissions = ref ring.Submissions;
        uint next = submissions.Tail - submissions.Pending;
        long now = clock.Now;
        int result = ring.Enter(minimumCompletions, timeoutNanoseconds);
        uint end = submissions.Tail - submissions.Pending;
        for (; next != end; next++)
        {
            // What the kernel has taken stays readable until the place is used again.
            ulong tag = submissions.Entries[next & submissions.Mask].UserData;
            int index = Tags.IndexOf(tag);
            if (!Tags.IsRaw(tag) && (uint)index < (uint)stamps.Length)
            {
                stamps[index].Entered = now;
            }
        }

        return result;
    }

    /// <summary>A turn begins: what the ring holds now has been seen.</summary>
    public void BeginTurn()
    {
        last = clock.Now;
        Look(ref ring.Completions);
        Spent.Enter(TimeSpent.State.Turn, last);
    }

    /// <summary>A turn has ended.</summary>
    public void EndTurn(long completions)
    {
        long now = clock.Now;
        long began = Spent.Enter(TimeSpent.State.Between, now);
        turns.Record(now - began);
        if (LoopMeter.Turns.Enabled)
        {
            LoopMeter.Turns.Record((now - began) * 1e-9, loopTag);
        }

        if (completions != 0 && LoopMeter.Batches.Enabled)
        {
            LoopMeter.Batches.Record(completions, loopTag);
        }
    }

    /// <summary>The loop goes to sleep.</summary>
    public void BeginPark()
    {
        Volatile.Write(ref wokenAt, 0);
        Spent.Enter(TimeSpent.State.Parked, clock.Now);
    }

    /// <summary>The loop has slept.</summary>
    public void EndPark()
    {
        long now = clock.Now;
        Spent.Enter(TimeSpent.State.Between, now);
        long woken = Volatile.Read(ref wokenAt);
        if (woken != 0)
        {
            RecordLag(now - woken);
        }
    }

    /// <summary>Another thread is about to wake the loop. Any thread.</summary>
    public void OnWake() => Volatile.Write(ref wokenAt, clock.Now);

    /// <summary>A completion in the ring's order is about to be handed over. What is told here is for <see cref="End"/>: the slot may have its next request by then.</summary>
    public KindLatency? Begin(int index)
    {
        ref CompletionRing completions = ref ring.Completions;
        if ((int)(completions.Head - seenUpTo) > 0)
        {
            Look(ref completions); // It came after the last look.
        }

        RecordLag(last - seenAt);
        return Count(index, seenAt);
    }

    /// <summary>A call has come back.</summary>
    /// <param name="index">The slot.</param>
    /// <param name="began">When its worker began it; 0 when none did.</param>
    /// <param name="ended">When it had been made.</param>
    public void OnCallBack(int index, long began, long ended)
    {
        last = clock.Now;
        if (began != 0)
        {
            stamps[index].Entered = began;
            Count(index, ended);
            RecordLag(last - ended);
        }
    }

    /// <summary>The result of a worker's call is about to be handed over, after <see cref="OnCallBack"/>.</summary>
    public KindLatency? BeginCall(int index) => Count(index, 0);

    /// <summary>Whoever waited for a completion has returned.</summary>
    public void End(KindLatency? kind)
    {
        long before = last;
        last = clock.Now;
        kind?.RecordCallback(last - before);
    }

    /// <summary>A raw completion has been taken out of the ring: there is no callback.</summary>
    public void OnTaken(int index)
    {
        if ((uint)index < (uint)stamps.Length && stamps[index].Entered != 0)
        {
            Count(index, clock.Now);
        }
    }

    /// <summary>Takes what there is. Any thread.</summary>
    public LoopLatency Snapshot() => new(
        [.. Volatile.Read(ref kinds).Where(k => k is not null).Select(k => k!.Snapshot()).OrderBy(k => k.Call, StringComparer.Ordinal)],
        lag.Snapshot(),
        turns.Snapshot());

    private void Look(ref CompletionRing completions)
    {
        seenUpTo = completions.Head + completions.Count;
        seenAt = last;
    }

    private void RecordLag(long nanoseconds)
    {
        lag.Record(nanoseconds);
        if (LoopMeter.Lag.Enabled)
        {
            LoopMeter.Lag.Record(nanoseconds * 1e-9, loopTag);
        }
    }

    private KindLatency? Count(int index, long seen)
    {
        if ((uint)index >= (uint)stamps.Length)
        {
            return null;
        }

        ref RequestStamp stamp = ref stamps[index];
        if (stamp.Entered != 0 && seen != 0 && stamp.Kind is { } kind)
        {
            kind.RecordRequest(stamp.Entered - stamp.Staged, Math.Max(0, seen - stamp.Entered));
            stamp.Entered = 0; // Once a request, however many completions it has.
        }

        return stamp.Kind;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private KindLatency Make(int kind, Opcode opcode, int number)
    {
        bool isCall = CallEntry.IsCall(opcode);
        KindLatency made = new(loop, isCall ? SystemCallTable.NameOf(number) : OpcodeNames.Of(opcode), isCall);
        KindLatency?[] all = kinds;
        if (kind >= all.Length)
        {
            Array.Resize(ref all, kind + 64);
        }

        Volatile.Write(ref all[kind], made);
        Volatile.Write(ref kinds, all);
        return made;
    }
}
