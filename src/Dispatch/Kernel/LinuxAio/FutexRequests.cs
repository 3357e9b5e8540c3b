namespace Dispatch;

/// <summary>
/// Futex waits and wakes. A wait is a worker's blocking call; a wake is a call of the owner, which also has to find those waits of its own ring whose worker is not asleep yet. Owner thread only.
/// </summary>
/// <remarks>
/// <para>
/// What is promised is io_uring's meaning: a wake counts every wait that was submitted to the same ring before it, as far as its number reaches. A wait begins here with the comparison of the word, on the owner, and sleeps
/// in the kernel only when a worker has come to it. Nobody can see from outside whether a worker that was told to sleep does so already, so nobody asks: the worker's own answer tells.
/// </para>
/// <para>
/// A wake first wakes who sleeps in the kernel. When that were fewer than it wanted, nobody was left asleep there: a wait of this ring that has not ended by then either is among the woken, and its call will return 0, or was
/// not asleep, and will not. As many as are wanted still are told to end, oldest first: what no worker has begun is withdrawn, else the worker is interrupted. Its call then answers in one of two ways. 0: it had been woken by
/// this wake and is counted already, or by somebody else, who counted it; the next one is told instead. EINTR, or EAGAIN because the word was changed between the submit and the sleep: nobody has counted it; it counts
/// now and ends with 0. The wake ends when all who were told have answered, so that no waiter is counted twice, and none is missed.
/// </para>
/// <para>
/// Until then what follows on the same word waits: a second wake might else wake in the kernel whom the first one has told to end, or a wait that was submitted after it. Waits are found by address and scope; two mappings of the
/// same page are two words here. A wake of another thread reaches a wait when it sleeps in the kernel. If it comes earlier, then after a change of the word, as wakes do, the sleep is refused with EAGAIN.
/// </para>
/// </remarks>
internal sealed unsafe class FutexRequests(LinuxAioRing ring)
{
    private readonly Dictionary<(ulong Address, int Flags), FutexWord> words = [];
    private readonly Stack<FutexWord> spare = new();

    /// <summary>Cancels what waits for a wake before it: 0, and whoever asks ends it; or −EALREADY for that wake itself, which ends as soon as those whom it told have answered.</summary>
    public static int CancelHeld(EmulatedRequest request, FutexWord word)
    {
        if (ReferenceEquals(word.Wake, request))
        {
            return -Errno.EALREADY;
        }

        for (int i = word.Held.Count; i > 0; i--)
        {
            EmulatedRequest next = word.Held.Dequeue();
            if (!ReferenceEquals(next, request))
            {
                word.Held.Enqueue(next);
            }
        }

        request.State = null;
        return 0;
    }

    /// <summary>What a request that has no worker is told when the ring has closed: a wake has woken whom it has found.</summary>
    public static int ResultAtClose(EmulatedRequest request, FutexWord word) => ReferenceEquals(word.Wake, request) ? (int)word.Found : -Errno.ECANCELED;

    /// <summary>Begins a wait or a wake.</summary>
    public void Begin(EmulatedRequest request)
    {
        int error = Check(request);
        if (error != 0)
        {
            ring.End(request, error);
            return;
        }

        (ulong Address, int Flags) key = KeyOf(request);
        if (!words.TryGetValue(key, out FutexWord? word))
        {
            word = spare.TryPop(out FutexWord? used) ? used : new FutexWord();
            word.Key = key;
            words.Add(key, word);
        }

        if (word.Wake is not null)
        {
            request.State = word;
            word.Held.Enqueue(request);
            return;
        }

        Go(word, request);
        Advance(word);
    }

    /// <summary>A worker's wait is over.</summary>
    public void OnWaited(EmulatedRequest request, int result)
    {
        FutexWord word = words[KeyOf(request)];
        bool offered = TakeOut(word, request);
        if (offered)
        {
            word.Offered--;
            if (result is -Errno.ECANCELED or -Errno.EAGAIN)
            {
                word.Found++;
                result = 0;
            }
        }

        ring.End(request, result);
        Advance(word);
    }

    /// <summary>A wait was withdrawn before a worker came to it; whoever did so ends it.</summary>
    public void OnWithdrawn(EmulatedRequest request)
    {
        FutexWord word = words[KeyOf(request)];
        TakeOut(word, request);
        if (word.IsIdle)
        {
            Forget(word);
        }
    }

    private static (ulong Address, int Flags) KeyOf(EmulatedRequest request) => (request.Entry.Address, request.Entry.Fd);

    private static long WantedBy(EmulatedRequest wake) => (long)Math.Min(wake.Entry.Offset, int.MaxValue);

    /// <summary>Takes a wait out of its word's list. Says whether it was told to end for the present wake.</summary>
    private static bool TakeOut(FutexWord word, EmulatedRequest request)
    {
        bool offered = request.Number != 0;
        request.Number = 0;
        LinkedListNode<EmulatedRequest>? node = word.Waits.First;
        while (!ReferenceEquals(node!.Value, request))
        {
            node = node.Next; // Those that end are mostly the oldest.
        }

        word.Waits.Remove(node);
        return offered;
    }

    private int Check(EmulatedRequest request)
    {
        ref SubmissionEntry entry = ref request.Entry;
        if (((uint)entry.Fd & ~IoUringAbi.FUTEX2_PRIVATE) != IoUringAbi.FUTEX2_SIZE_U32 || entry.Address3 is 0 or > uint.MaxValue || entry.Address % sizeof(uint) != 0)
        {
            return -Errno.EINVAL;
        }

        if (request.Opcode == Opcode.FutexWake)
        {
            return 0;
        }

        uint value;
        return !ring.TryRead(&value, entry.Address, sizeof(uint)) ? -Errno.EFAULT : value != entry.Offset ? -Errno.EAGAIN : 0;
    }

    private void Go(FutexWord word, EmulatedRequest request)
    {
        if (request.Opcode == Opcode.FutexWait)
        {
            if (ring.RunOnWorker(request, waitsForOthers: true))
            {
                word.Waits.AddLast(request);
            }

            return;
        }

        long wanted = WantedBy(request);
        long woken = wanted == 0 ? 0 : WorkerCalls.Simple(request.Entry);
        if (woken < 0 || woken >= wanted || word.Waits.Count == 0)
        {
            ring.End(request, (int)woken);
            return;
        }

        word.Wake = request;
        word.Found = woken;
        request.State = word;
    }

    /// <summary>Brings the present wake as far as it goes, and what follows it.</summary>
    private void Advance(FutexWord word)
    {
        while (true)
        {
            if (word.Wake is { } wake)
            {
                Offer(word, wake);
                if (word.Offered != 0)
                {
                    return;
                }

                word.Wake = null;
                wake.State = null;
                ring.End(wake, (int)word.Found);
            }

            if (!word.Held.TryDequeue(out EmulatedRequest? next))
            {
                break;
            }

            next.State = null;
            Go(word, next);
        }

        if (word.IsIdle)
        {
            Forget(word);
        }
    }

    private void Offer(FutexWord word, EmulatedRequest wake)
    {
        long wanted = WantedBy(wake);
        LinkedListNode<EmulatedRequest>? next;
        for (LinkedListNode<EmulatedRequest>? node = word.Waits.First; node is not null && word.Found + word.Offered < wanted; node = next)
        {
            next = node.Next;
            EmulatedRequest wait = node.Value;
            if (wait.Number != 0 || (wait.Entry.Address3 & wake.Entry.Address3) == 0)
            {
                continue;
            }

            WorkerCall call = (WorkerCall)wait.State!;
            if (call.Group!.Cancel(call) == 0)
            {
                word.Waits.Remove(node);
                word.Found++;
                ring.End(wait, 0);
            }
            else
            {
                wait.Number = 1;
                word.Offered++;
            }
        }
    }

    private void Forget(FutexWord word)
    {
        words.Remove(word.Key);
        spare.Push(word);
    }
}
