using static Dispatch.IoUringAbi;

namespace Dispatch;

/// <summary>
/// Timeouts of an emulated ring: relative, absolute, repeating, moved by an update, and linked to a request that they cancel. See <c>io_uring_prep_timeout(3)</c>,
/// <c>io_uring_prep_timeout_update(3)</c>, <c>io_uring_prep_link_timeout(3)</c>. Owner thread only.
/// </summary>
internal sealed unsafe class EmulatedTimeouts(EmulatedRing ring)
{
    private const uint ClockFlags = IORING_TIMEOUT_BOOTTIME | IORING_TIMEOUT_REALTIME;
    private const uint LinkUpdate = 1u << 4;
    private const long Second = 1_000_000_000;

    private readonly TimeoutHeap heap = new();

    /// <summary>Gets when the earliest is due, in nanoseconds of the ring's clock; <see cref="long.MaxValue"/> when there is none.</summary>
    public long NextDue => heap.Count == 0 ? long.MaxValue : heap.Top.Due;

    /// <summary>Adds a span to a time; what a clock cannot count is its end.</summary>
    public static long Later(long now, long span) => span > long.MaxValue - now ? long.MaxValue : now + span;

    /// <summary>Begins a timeout that stands alone.</summary>
    public void Begin(EmulatedRequest request)
    {
        ref SubmissionEntry entry = ref request.Entry;
        uint flags = entry.OperationFlags;
        const uint Known = IORING_TIMEOUT_ABS | ClockFlags | IORING_TIMEOUT_ETIME_SUCCESS | IORING_TIMEOUT_MULTISHOT;
        bool repeats = (flags & IORING_TIMEOUT_MULTISHOT) != 0;
        if ((flags & ~Known) != 0 || entry.Length != 1 || (flags & ClockFlags) == ClockFlags
            || (repeats && (flags & IORING_TIMEOUT_ABS) != 0)
            || (!repeats && entry.Offset != 0))
        {
            // The last: a timeout that also ends after so many completions is not emulated.
            ring.End(request, -Errno.EINVAL);
            return;
        }

        int error = ReadDue(entry.Address, flags, out long due, out long span);
        if (error < 0)
        {
            ring.End(request, error);
            return;
        }

        request.Due = due;
        request.Interval = repeats ? span : 0;
        request.Repeats = repeats ? entry.Offset : 0;
        ring.Requests.Add(request);
        heap.Add(request);
    }

    /// <summary>Arms a linked timeout for the request before it, which runs.</summary>
    public void BeginLinked(EmulatedRequest timeout, EmulatedRequest subject)
    {
        // Its record was looked at when it was submitted; only the time is new.
        if (ReadDue(timeout.Entry.Address, timeout.Entry.OperationFlags, out long due, out _) < 0)
        {
            due = 0;
        }

        timeout.Due = due;
        timeout.Order = subject.Order;
        timeout.TimeoutOf = subject;
        subject.LinkedTimeout = timeout;
        heap.Add(timeout);
    }

    /// <summary>Says what is wrong with a linked timeout, or 0.</summary>
    public int CheckLinked(EmulatedRequest timeout)
    {
        uint flags = timeout.Entry.OperationFlags;
        const uint Known = IORING_TIMEOUT_ABS | ClockFlags | IORING_TIMEOUT_ETIME_SUCCESS;
        return (flags & ~Known) != 0 || timeout.Entry.Length != 1 || timeout.Entry.Offset != 0 || (flags & ClockFlags) == ClockFlags
            ? -Errno.EINVAL
            : ReadDue(timeout.Entry.Address, flags, out _, out _);
    }

    /// <summary>Takes a timeout off the clock.</summary>
    public void Disarm(EmulatedRequest request) => heap.Remove(request);

    /// <summary>Removes or moves a timeout by its tag, and answers.</summary>
    public void Remove(EmulatedRequest request)
    {
        ref SubmissionEntry entry = ref request.Entry;
        uint flags = entry.OperationFlags;
        bool updates = (flags & (IORING_TIMEOUT_UPDATE | LinkUpdate)) != 0;
        const uint Known = IORING_TIMEOUT_UPDATE | LinkUpdate | IORING_TIMEOUT_ABS | ClockFlags;
        if ((flags & ~Known) != 0 || (!updates && flags != 0) || (flags & ClockFlags) == ClockFlags)
        {
            ring.End(request, -Errno.EINVAL);
            return;
        }

        long due = 0;
        long span = 0;
        int error = updates ? ReadDue(entry.Address2, flags, out due, out span) : 0;
        EmulatedRequest? target = error == 0 ? Find(entry.Address, linked: (flags & LinkUpdate) != 0) : null;
        if (error == 0 && target is null)
        {
            error = -Errno.ENOENT;
        }

        if (target is not null && updates)
        {
            heap.Remove(target);
            target.Due = due;
            target.Interval = target.Interval == 0 ? 0 : span;
            heap.Add(target);
        }

        ring.End(request, error);
        if (target is not null && !updates)
        {
            ring.End(target, -Errno.ECANCELED);
        }
    }

    /// <summary>Ends, or counts on, what is due. Reads the clock only when a timeout is armed.</summary>
    public void Expire()
    {
        if (heap.Count == 0)
        {
            return;
        }

        long now = ring.Time;
        while (heap.Count != 0 && heap.Top.Due <= now)
        {
            EmulatedRequest request = heap.Top;
            heap.Remove(request);
            if (request.TimeoutOf is { } subject)
            {
                FireLinked(request, subject);
            }
            else if (request.Interval == 0 || request.Repeats == 1)
            {
                ring.End(request, -Errno.ETIME);
            }
            else
            {
                Repeat(request);
            }
        }
    }

    private void Repeat(EmulatedRequest request)
    {
        if (!ring.Report(request, -Errno.ETIME))
        {
            ring.End(request, -Errno.ETIME); // The queue is full: the multishot ends, as one does.
            return;
        }

        if (request.Repeats != 0)
        {
            request.Repeats--;
        }

        request.Due = Later(ring.Time, Math.Max(1, request.Interval));
        heap.Add(request);
    }

    private void FireLinked(EmulatedRequest timeout, EmulatedRequest subject)
    {
        // The timeout's own completion follows its subject's, and tells whether the cancel found it.
        subject.LinkedTimeout = null;
        timeout.TimeoutOf = null;
        int answer = ring.Cancel(subject);
        ring.EndLinkedTimeout(timeout, answer == 0 ? -Errno.ETIME : answer);
    }

    private EmulatedRequest? Find(ulong tag, bool linked)
    {
        for (EmulatedRequest? request = ring.Requests.First; request is not null; request = request.Next)
        {
            EmulatedRequest? timeout = linked ? request.LinkedTimeout : request;
            if (timeout is not null && timeout.UserData == tag && timeout.Opcode == (linked ? Opcode.LinkTimeout : Opcode.Timeout))
            {
                return timeout;
            }
        }

        return null;
    }

    private int ReadDue(ulong address, uint flags, out long due, out long span)
    {
        IoUringRecords.KernelTimespec record = default;
        due = span = 0;
        if (!ring.TryRead(&record, address, sizeof(IoUringRecords.KernelTimespec)))
        {
            return -Errno.EFAULT;
        }

        if (record.Seconds < 0 || record.Nanoseconds < 0)
        {
            return -Errno.EINVAL;
        }

        span = record.Seconds >= long.MaxValue / Second ? long.MaxValue : (record.Seconds * Second) + Math.Min(record.Nanoseconds, Second - 1);
        if ((flags & IORING_TIMEOUT_ABS) == 0)
        {
            due = Later(ring.Time, span);
        }
        else if ((flags & ClockFlags) == 0)
        {
            due = span;
        }
        else
        {
            due = Later(ring.Time, Math.Max(0, span - ring.ReadClock(flags & ClockFlags)));
        }

        return 0;
    }
}
