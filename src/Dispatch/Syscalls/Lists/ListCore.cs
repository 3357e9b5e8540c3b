using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// A list as its loop has it: its requests, their outcomes, and the run in flight. The loop's table keeps it alive while something of it is in flight, also when the user has disposed or forgotten the <see cref="RequestList"/>
/// in front of it. Between runs it belongs to whoever claims it by <see cref="Submit"/>; during a run to the owner.
/// </summary>
internal sealed class ListCore
{
    private const int Idle = 0;
    private const int Submitted = 1;
    private const int Ending = 2;

    private readonly ListEntries entries;
    private ListWords? words;
    private LoopEngine? engine;
    private ListSteps? steps;
    private ListAwait? whole;
    private int[] ended = [];
    private int announced;
    private int endedCount;
    private int left;
    private int awaits;
    private int state;
    private int run;
    private bool announcing;
    private volatile bool abandoned;

    public ListCore()
    {
        entries = new ListEntries(this);
        Cancels = new ListCancels(this, entries);
    }

    /// <summary>Gets the requests. Changed between runs only.</summary>
    public ListRequests Requests { get; } = new();

    /// <summary>Gets what cancels them.</summary>
    public ListCancels Cancels { get; }

    /// <summary>Gets what became of each entry.</summary>
    public ListOutcome[] Outcomes { get; private set; } = [];

    /// <summary>Gets a value indicating whether it has been submitted at least once.</summary>
    public bool WasSubmitted => engine is not null;

    /// <summary>Gets a value indicating whether a run is in flight.</summary>
    public bool IsInFlight => Volatile.Read(ref state) == Submitted;

    /// <summary>Gets how many entries of the last run have ended.</summary>
    public int EndedCount => Volatile.Read(ref endedCount);

    /// <summary>Gets the loop of the last run; only when it was submitted.</summary>
    public LoopEngine Engine => engine!;

    /// <summary>Gets the number of the last run.</summary>
    public int Run => Volatile.Read(ref run);

    /// <summary>Gets the chains of the run, or null when it has none.</summary>
    public ListSteps? Steps => steps;

    /// <summary>Gets the words; only when there are some.</summary>
    public ListWords Words => words!;

    /// <summary>Which entry ended as the n-th of this run.</summary>
    public int EndedAt(int order) => ended[order];

    /// <summary>Sets the memory of the words that the user has given.</summary>
    public void UseWords(ListWords given) => words = given;

    /// <summary>Makes sure that there are words for all requests; between runs.</summary>
    public ListWords RequireWords() => words = ListWords.For(Math.Max(1, Requests.Count), words);

    /// <summary>Submits it to a loop: here when the caller is the owner, through the inbox otherwise.</summary>
    public void Submit(LoopEngine target)
    {
        target.VerifyOpen();
        Claim();
        try
        {
            Requests.Verify(target);
            Arm(target);
        }
        catch
        {
            Volatile.Write(ref state, Idle);
            throw;
        }

        if (target.IsOwner)
        {
            Begin();
        }
        else if (!target.Posted.TryPost(static (s, _) => ((ListCore)s!).BeginFromAbroad(), this, 0))
        {
            EndAll();
            throw new ObjectDisposedException(target.Loop.Name);
        }
    }

    /// <summary>Throws when a run is in flight: it cannot be changed then.</summary>
    public void VerifyIdle()
    {
        SpinWait wait = default;
        for (int now; (now = Volatile.Read(ref state)) != Idle; wait.SpinOnce())
        {
            if (now == Submitted)
            {
                throw new InvalidOperationException("The list is in flight. Wait until every entry has ended (WaitAll, WhenAllAsync) before it is changed or submitted again; to have two runs at once, make two lists.");
            }
        }
    }

    /// <summary>An entry's completion. Owner only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void OnCompletion(int index, in CompletionEntry entry, bool terminal)
    {
        if (terminal && (entry.Flags & (IoUringAbi.IORING_CQE_F_NOTIF | CompletionEntry.CallFlag)) == 0)
        {
            End(index, entry.Result, entry.Flags);
        }
        else if ((entry.Flags & CompletionEntry.CallFlag) != 0)
        {
            End(index, (long)entry.UserData, 0); // A worker's: 64 bits, and not the ring's format.
        }
        else
        {
            OnZeroCopy(index, entry, terminal);
        }
    }

    /// <summary>Ends an entry, which may be the last. Owner only, or the one who ends a run that no owner ever had.</summary>
    public void End(int index, long result, uint flags)
    {
        ref ListOutcome outcome = ref Outcomes[index];
        outcome.Result = result;
        outcome.Flags = flags;
        Volatile.Write(ref outcome.Done, 1);
        ended[endedCount] = index;
        Volatile.Write(ref endedCount, endedCount + 1);
        int rest = --left;
        if (rest == 0)
        {
            Volatile.Write(ref state, Ending); // Before the last word: who sees that may submit again at once, and waits for the few steps that are missing then.
        }

        words!.Publish(index, result, rest);
        if (rest == 0)
        {
            EndRun(index);
        }
        else
        {
            if (!announcing)
            {
                announcing = true;
                engine!.Lists.Add(this);
            }

            if (steps is not null || awaits != 0 || abandoned)
            {
                OnEndedOne(index);
            }
        }
    }

    /// <summary>Wakes who sleeps on what has ended since the last time. After a full fence. Owner only.</summary>
    public void Announce()
    {
        announcing = false;
        int count = endedCount;
        if (announced < count)
        {
            words!.Wake(ended.AsSpan(announced, count - announced), all: false);
            announced = count;
        }
    }

    /// <summary>Awaits the run, or one entry of it. Owner only.</summary>
    public ListAwait BeginAwait(int index, out short token)
    {
        ListAwait source = index < 0 ? whole ??= new ListAwait(engine!) : entries[index].Await ??= new ListAwait(engine!);
        token = source.Arm();
        awaits++;
        return source;
    }

    /// <summary>The user has let go of the list: when nothing is in flight any more, nothing is kept. Any thread, once.</summary>
    public void Abandon()
    {
        abandoned = true;
        words?.Dispose();
        engine?.Posted.TryPost(static (s, _) => ((ListCore)s!).LeaveTable(), this, 0);
    }

    /// <summary>Starts an entry that stands alone.</summary>
    internal void StartOne(int index)
    {
        ref readonly IoRequest request = ref Requests[index];
        if (request.IsBare)
        {
            entries[index].BeginBare(request.Entry);
            return;
        }

        try
        {
            entries[index].Begin(request);
        }
        catch (Exception e) when (!entries[index].InFlight)
        {
            End(index, -ErrorMap.ErrnoOf(e), 0); // Its handle was closed, say: its result, and nobody else's affair.
        }
        catch (InvalidOperationException) when (Engine.RingFailure is not null)
        {
            // It is staged; the ring has failed, which the loop finds and ends everything for.
        }
    }

    /// <summary>Tells of what ended outside a batch of completions.</summary>
    internal void TellNow()
    {
        if (announcing)
        {
            Interlocked.MemoryBarrier();
            Announce();
        }
    }

    internal ListEntry EntryOf(int index) => entries[index];

    private void Claim()
    {
        SpinWait wait = default;
        while (Interlocked.CompareExchange(ref state, Submitted, Idle) != Idle)
        {
            VerifyIdle();
            wait.SpinOnce();
        }
    }

    private void Arm(LoopEngine target)
    {
        int count = Requests.Count;
        RequireWords().AddReference();
        if (Outcomes.Length < count)
        {
            Outcomes = new ListOutcome[count];
            ended = new int[count];
        }

        Array.Clear(Outcomes, 0, count);
        Volatile.Write(ref endedCount, 0);
        if (!ReferenceEquals(engine, target))
        {
            if (engine is not null)
            {
                entries.Leave(engine);
            }

            engine = target;
            whole = null;
        }

        words!.Arm(count);
        Volatile.Write(ref run, words.Run);
    }

    private void LeaveTable()
    {
        if (Volatile.Read(ref state) == Idle)
        {
            entries.LeaveNow();
        }
    }

    private void BeginFromAbroad()
    {
        engine!.CountHandOff();
        if (engine.IsClosed || !engine.IsOwner)
        {
            EndAll(); // The loop ended while this was on its way.
        }
        else
        {
            Begin();
        }
    }

    private void Begin()
    {
        int count = Requests.Count;
        left = count;
        announced = 0;
        endedCount = 0;
        entries.Require(engine!, count);
        if (Requests.HasChains)
        {
            (steps ??= new ListSteps(this)).Begin();
            TellNow();
            return;
        }

        steps = null;
        for (int i = 0; i < count; i++)
        {
            StartOne(i);
        }

        TellNow();
    }

    /// <summary>Ends every entry of a run of which nothing was staged.</summary>
    private void EndAll()
    {
        int count = Requests.Count;
        left = count;
        announced = 0;
        endedCount = 0;
        steps = null;
        announcing = true; // Nobody's batch: the last entry tells.
        for (int i = 0; i < count; i++)
        {
            End(i, -Errno.ECANCELED, 0);
        }

        announcing = false;
    }

    private void EndRun(int index)
    {
        steps?.OnEnded(index);
        Interlocked.MemoryBarrier();
        words!.Wake(ended.AsSpan(announced, endedCount - announced), all: true);
        announced = endedCount;
        words.DangerousRelease();
        ListAwait? one = null;
        ListAwait? all = null;
        bool leaves = abandoned;
        if (leaves)
        {
            DisposeOrphan(index);
        }
        else if (awaits != 0)
        {
            one = entries[index].Await;
            all = whole;
            awaits = 0;
        }

        Completion completion = CompletionOf(index);
        Volatile.Write(ref state, Idle);
        if (leaves)
        {
            LeaveTable();
        }

        // From here on the next run may be on its way.
        one?.Complete(completion);
        all?.Complete(default);
    }

    private void OnEndedOne(int index)
    {
        steps?.OnEnded(index);
        if (abandoned)
        {
            DisposeOrphan(index);
        }
        else if (awaits != 0)
        {
            entries[index].Await?.Complete(CompletionOf(index));
        }
    }

    private Completion CompletionOf(int index) => new(0, Outcomes[index].Result, (CompletionFlags)Outcomes[index].Flags);

    private void DisposeOrphan(int index)
    {
        ListOutcome outcome = Outcomes[index];
        ref readonly IoRequest request = ref Requests[index];
        if (engine is { IsOwner: true } && !request.OpensChainFile)
        {
            Orphans.Dispose(engine, request.Entry.Opcode, request.MadeSlot, request.Extras?.Results, new CompletionEntry { Result = (int)Math.Min(outcome.Result, int.MaxValue), Flags = outcome.Flags });
        }
    }

    private void OnZeroCopy(int index, in CompletionEntry entry, bool terminal)
    {
        // The first completion has the result, the last one says that the memory is ours again; the entry ends with that.
        ref ListOutcome outcome = ref Outcomes[index];
        if (terminal)
        {
            End(index, outcome.Result, outcome.Flags & ~IoUringAbi.IORING_CQE_F_MORE);
        }
        else
        {
            outcome.Result = entry.Result;
            outcome.Flags = entry.Flags;
        }
    }
}
