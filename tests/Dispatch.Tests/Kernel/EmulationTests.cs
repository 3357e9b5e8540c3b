using System.Runtime.InteropServices;
using static Dispatch.IoUringAbi;

namespace Dispatch.Tests.Kernel;

/// <summary>What the emulations of io_uring have in common, on a back end that does nothing by itself.</summary>
public sealed unsafe class EmulationTests : IDisposable
{
    private const int Records = 64;

    private readonly IoUringRecords.KernelTimespec* times = (IoUringRecords.KernelTimespec*)NativeMemory.AllocZeroed(Records * 16);
    private readonly List<ImmediateRing> rings = [];
    private int used;

    public void Dispose()
    {
        foreach (ImmediateRing ring in rings)
        {
            ring.Close(fromOwner: true);
            Assert.Equal(0, ring.InFlight);
            ring.ReleaseMemory();
        }

        NativeMemory.Free(times);
    }

    [Fact]
    public void Nops_complete_in_order()
    {
        ImmediateRing ring = Create();
        Stage(ring, Nop(1), Nop(2), Nop(3));
        Assert.Equal(3, ring.Enter(1, -1));
        Assert.Equal([(1, 0), (2, 0), (3, 0)], Take(ring));
        Assert.Equal(0, ring.Waits);
    }

    [Fact]
    public void A_partial_submit_leaves_the_rest_for_the_next_enter()
    {
        ImmediateRing ring = Create();
        ring.Limit = 2;
        Stage(ring, Nop(1), Nop(2), Nop(3));
        Assert.Equal(2, ring.Enter(0, -1));
        Assert.Equal(1u, ring.Submissions.Pending);
        Assert.Equal(1, ring.Enter(0, -1));
        Assert.Equal([(1, 0), (2, 0), (3, 0)], Take(ring));
    }

    [Fact]
    public void What_does_not_fit_is_kept_in_order_flagged_and_shown_by_the_next_enter()
    {
        ImmediateRing ring = Create(16, 4);
        Stage(ring, [.. Enumerable.Range(1, 7).Select(i => Nop((ulong)i))]);
        ring.Enter(0, -1);
        Assert.True(ring.NeedsAttention);
        Assert.Equal([1, 2, 3, 4], Take(ring).Select(c => c.Tag));
        Assert.Empty(Take(ring));
        ring.Enter(0, -1);
        Assert.Equal([5, 6, 7], Take(ring).Select(c => c.Tag));
        Assert.False(ring.NeedsAttention);
    }

    [Fact]
    public void A_failed_step_cancels_the_rest_of_a_soft_chain_and_each_is_reported_once()
    {
        ImmediateRing ring = Create();
        Stage(ring, Read(1, 10, 10, EntryFlags.Link), Read(2, 10, -Errno.EIO, EntryFlags.Link), Read(3, 10, 10, EntryFlags.Link), Nop(4), Nop(5));
        ring.Enter(0, -1);
        Assert.Equal([(1, 10), (2, -Errno.EIO), (3, -Errno.ECANCELED), (4, -Errno.ECANCELED), (5, 0)], Take(ring).OrderBy(c => c.Tag));
    }

    [Fact]
    public void A_short_step_breaks_a_soft_link_and_not_a_hard_one()
    {
        ImmediateRing ring = Create();
        Stage(ring, Read(1, 10, 9, EntryFlags.Link), Nop(2));
        Stage(ring, Read(3, 10, 9, EntryFlags.HardLink), Nop(4));
        ring.Enter(0, -1);
        Assert.Equal([(1, 9), (2, -Errno.ECANCELED), (3, 9), (4, 0)], Take(ring).OrderBy(c => c.Tag));
    }

    [Fact]
    public void A_step_that_is_wrong_cancels_its_whole_chain_also_before_it()
    {
        ImmediateRing ring = Create();
        SubmissionEntry wrong = new() { Opcode = Opcode.Splice, UserData = 2, Flags = EntryFlags.HardLink };
        Stage(ring, Read(1, 10, 10, EntryFlags.HardLink), wrong, Nop(3));
        ring.Enter(0, -1);
        Assert.Equal([(1, -Errno.ECANCELED), (2, -Errno.EINVAL), (3, -Errno.ECANCELED)], Take(ring).OrderBy(c => c.Tag));
    }

    [Fact]
    public void A_chain_ends_with_the_submit_that_it_began_in()
    {
        ImmediateRing ring = Create();
        Stage(ring, Read(1, 10, -Errno.EIO, EntryFlags.Link));
        ring.Enter(0, -1);
        Stage(ring, Nop(2));
        ring.Enter(0, -1);
        Assert.Equal([(1, -Errno.EIO), (2, 0)], Take(ring));
    }

    [Fact]
    public void A_chain_of_thousands_is_no_recursion()
    {
        ImmediateRing ring = Create(16_384, 16_384);
        for (ulong i = 1; i <= 16_000; i++)
        {
            Stage(ring, Nop(i) with { Flags = i == 16_000 ? EntryFlags.None : EntryFlags.Link });
        }

        ring.Enter(0, -1);
        Assert.Equal(16_000, Take(ring).Count);
    }

    [Fact]
    public void A_success_that_is_to_be_skipped_posts_nothing_and_a_failure_does()
    {
        ImmediateRing ring = Create();
        Stage(ring, Read(1, 10, 10, EntryFlags.SkipSuccess), Read(2, 10, -Errno.EIO, EntryFlags.SkipSuccess), Read(3, 10, 5, EntryFlags.SkipSuccess));
        ring.Enter(0, -1);
        Assert.Equal([(2, -Errno.EIO), (3, 5)], Take(ring));
    }

    [Fact]
    public void A_timeout_ends_with_ETIME_when_its_time_has_come()
    {
        ImmediateRing ring = Create();
        Stage(ring, Timeout(1, 5, 0));
        Stage(ring, Timeout(2, 3, 0));
        ring.Enter(0, -1);
        Assert.Empty(Take(ring));
        ring.Enter(1, -1);
        Assert.Equal([(2, -Errno.ETIME)], Take(ring));
        ring.Enter(1, -1);
        Assert.Equal([(1, -Errno.ETIME)], Take(ring));
    }

    [Fact]
    public void A_wait_that_brings_nothing_ends_with_ETIME_unless_something_was_submitted()
    {
        ImmediateRing ring = Create();
        Assert.Equal(-Errno.ETIME, ring.Enter(1, 1_000));
        Stage(ring, Poll(1));
        Assert.Equal(1, ring.Enter(1, 1_000));
        Assert.Empty(Take(ring));
    }

    [Fact]
    public void A_repeating_timeout_goes_on_until_its_count_is_over()
    {
        ImmediateRing ring = Create();
        Stage(ring, Timeout(1, 5, IORING_TIMEOUT_MULTISHOT) with { Offset = 3 });
        ring.Enter(3, -1);
        List<CompletionEntry> taken = TakeEntries(ring);
        Assert.Equal([-Errno.ETIME, -Errno.ETIME, -Errno.ETIME], taken.Select(c => c.Result));
        Assert.Equal([IORING_CQE_F_MORE, IORING_CQE_F_MORE, 0u], taken.Select(c => c.Flags));
    }

    [Fact]
    public void A_timeout_is_removed_moved_or_not_found()
    {
        ImmediateRing ring = Create();
        Stage(ring, Timeout(1, 5, 0));
        Stage(ring, new SubmissionEntry { Opcode = Opcode.TimeoutRemove, Address = 1, UserData = 2 }, new SubmissionEntry { Opcode = Opcode.TimeoutRemove, Address = 1, UserData = 3 });
        ring.Enter(0, -1);
        Assert.Equal([(1, -Errno.ECANCELED), (2, 0), (3, -Errno.ENOENT)], Take(ring).OrderBy(c => c.Tag));
        Stage(ring, Timeout(4, 500, 0));
        Stage(ring, Timeout(5, 5, 0));
        ring.Enter(0, -1);
        Stage(ring, new SubmissionEntry { Opcode = Opcode.TimeoutRemove, Address = 4, Address2 = Timeout(0, 2, 0).Address, OperationFlags = IORING_TIMEOUT_UPDATE, UserData = 6 });
        ring.Enter(2, -1);
        Assert.Equal([(6, 0), (4, -Errno.ETIME)], Take(ring));
    }

    [Fact]
    public void A_linked_timeout_cancels_its_subject_and_says_ETIME()
    {
        ImmediateRing ring = Create();
        Stage(ring, Poll(1) with { Flags = EntryFlags.Link }, LinkTimeout(2, 10) with { Flags = EntryFlags.Link }, Nop(3));
        ring.Enter(1, -1);
        Assert.Equal([(1, -Errno.ECANCELED), (3, -Errno.ECANCELED), (2, -Errno.ETIME)], Take(ring));
    }

    [Fact]
    public void A_linked_timeout_ends_with_its_subject_and_the_chain_goes_on()
    {
        ImmediateRing ring = Create();
        Stage(ring, Poll(1) with { Flags = EntryFlags.Link }, LinkTimeout(2, 10) with { Flags = EntryFlags.Link }, Nop(3));
        Stage(ring, Read(4, 1, 1, EntryFlags.Link), LinkTimeout(5, 10));
        ring.Enter(0, -1);
        Assert.Equal([(4, 1), (5, -Errno.ECANCELED)], Take(ring));
        ring.EndOldest(1);
        ring.Enter(0, -1);
        Assert.Equal([(1, 1), (2, -Errno.ECANCELED), (3, 0)], Take(ring));
    }

    [Fact]
    public void A_linked_timeout_with_nothing_before_it_is_wrong()
    {
        ImmediateRing ring = Create();
        Stage(ring, LinkTimeout(1, 10));
        ring.Enter(0, -1);
        Assert.Equal([(1, -Errno.EINVAL)], Take(ring));
    }

    [Fact]
    public void Cancels_answer_as_io_uring_does()
    {
        ImmediateRing ring = Create();
        Stage(ring, Poll(1), Poll(1), Poll(2) with { Fd = 7 }, Poll(3) with { Fd = 7 });
        Stage(ring, Cancel(10, 9, 0), Cancel(11, 1, 0), Cancel(12, 1, IORING_ASYNC_CANCEL_ALL), Cancel(13, 1, IORING_ASYNC_CANCEL_ALL));
        Stage(ring, Cancel(14, 0, IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL_ALL) with { Fd = 7 });
        Stage(ring, Timeout(4, 5, 0));
        Stage(ring, Poll(5), Cancel(15, 0, IORING_ASYNC_CANCEL_ANY));
        ring.Enter(0, -1);
        Assert.Equal(
            [
                (1, -Errno.ECANCELED), (1, -Errno.ECANCELED), (2, -Errno.ECANCELED), (3, -Errno.ECANCELED), (4, -Errno.ECANCELED), (5, -Errno.ECANCELED),
                (10, -Errno.ENOENT), (11, 0), (12, 1), (13, 0), (14, 2), (15, 2),
            ],
            Take(ring).OrderBy(c => c.Tag));
        ring.RefusesCancels = true;
        Stage(ring, Poll(1), Cancel(16, 1, 0));
        ring.Enter(0, -1);
        Assert.Equal([(16, -Errno.EALREADY)], Take(ring));
    }

    [Fact]
    public void A_later_step_of_a_chain_cannot_be_found()
    {
        ImmediateRing ring = Create();
        Stage(ring, Poll(1) with { Flags = EntryFlags.Link }, Poll(2), Cancel(3, 2, 0));
        ring.Enter(0, -1);
        Assert.Equal([(3, -Errno.ENOENT)], Take(ring));
    }

    [Fact]
    public void Provided_buffers_are_taken_first_in_first_out_and_their_shortage_ends_the_multishot()
    {
        ImmediateRing ring = Create();
        using ProvidedRing buffers = new(ring, 4);
        buffers.Put(3, 1, 2);
        ring.Items = 9;
        SubmissionEntry receive = new() { Opcode = Opcode.Recv, Flags = EntryFlags.BufferSelect, BufferGroup = 5, UserData = 1, IoPriority = IORING_RECV_MULTISHOT };
        Stage(ring, receive);
        ring.Enter(0, -1);
        List<CompletionEntry> taken = TakeEntries(ring);
        Assert.Equal([64, 64, 64, -Errno.ENOBUFS], taken.Select(c => c.Result));
        Assert.Equal([3u, 1u, 2u], taken.Take(3).Select(c => c.Flags >> IORING_CQE_BUFFER_SHIFT));
        Assert.All(taken.Take(3), c => Assert.Equal(IORING_CQE_F_MORE | IORING_CQE_F_BUFFER, c.Flags & 0xFFFF));
        Assert.Equal(0u, taken[3].Flags);

        // A buffer into which nothing went is the next one's.
        buffers.Put(0);
        ring.Items = 0;
        Stage(ring, receive);
        ring.Enter(0, -1);
        Assert.Equal(0u, TakeEntries(ring).Single().Flags);
        ring.Items = 1;
        Stage(ring, receive);
        ring.Enter(0, -1);
        Assert.Equal(IORING_CQE_F_MORE | IORING_CQE_F_BUFFER, TakeEntries(ring)[0].Flags);
    }

    [Fact]
    public void A_multishot_ends_with_an_item_where_the_queue_is_full()
    {
        ImmediateRing ring = Create(4, 4);
        using ProvidedRing buffers = new(ring, 8);
        buffers.Put(0, 1, 2, 3, 4, 5, 6, 7);
        ring.Items = 8;
        Stage(ring, new SubmissionEntry { Opcode = Opcode.Recv, Flags = EntryFlags.BufferSelect, BufferGroup = 5, UserData = 1 });
        ring.Enter(0, -1);
        Assert.Equal(4, TakeEntries(ring).Count);
        ring.Enter(0, -1);
        CompletionEntry last = TakeEntries(ring).Single();
        Assert.Equal((4u << IORING_CQE_BUFFER_SHIFT) | IORING_CQE_F_BUFFER, last.Flags);
        Assert.Equal(3, ring.Items);
    }

    [Fact]
    public void Messages_arrive_in_the_other_ring_and_end_its_wait()
    {
        ImmediateRing to = Create();
        ImmediateRing from = Create();
        to.Listen(12_345_678);
        SubmissionEntry message = new() { Opcode = Opcode.MsgRing, Fd = 12_345_678, Offset = 77, Length = 5, FileIndex = 1 << 14, OperationFlags = IORING_MSG_RING_FLAGS_PASS, UserData = 1 };
        Stage(from, message);
        from.Enter(0, -1);
        Assert.Equal([(1, 0)], Take(from));
        to.Enter(1, -1);
        CompletionEntry arrived = TakeEntries(to).Single();
        Assert.Equal((77ul, 5, 1u << 14), (arrived.UserData, arrived.Result, arrived.Flags));
        to.Close(fromOwner: true);
        Stage(from, message);
        from.Enter(0, -1);
        Assert.Equal([(1, -Errno.EBADFD)], Take(from));
    }

    [Fact]
    public void A_wake_ends_the_next_wait_once()
    {
        ImmediateRing ring = Create();
        ring.Wake();
        Assert.Equal(0, ring.Enter(1, -1));
        Assert.Equal(-Errno.ETIME, ring.Enter(1, 5));
    }

    [Fact]
    public void Closing_ends_everything_and_what_overflowed_is_readable_without_an_enter()
    {
        ImmediateRing ring = Create(32, 4);
        Stage(ring, [.. Enumerable.Range(1, 9).Select(i => Nop((ulong)i))]);
        Stage(ring, Poll(10) with { Flags = EntryFlags.HardLink }, Nop(11));
        Stage(ring, Timeout(12, 5, 0));
        ring.Enter(0, -1);
        ring.Close(fromOwner: true);
        Assert.Equal(
            [.. Enumerable.Range(1, 9).Select(i => (i, 0)), (10, -Errno.ECANCELED), (11, -Errno.ECANCELED), (12, -Errno.ECANCELED)],
            Take(ring).OrderBy(c => c.Tag));
    }

    [Fact]
    public void A_bad_address_of_a_time_is_EFAULT_and_no_crash()
    {
        ImmediateRing ring = Create();
        Stage(ring, Timeout(1, 5, 0) with { Address = 8 });
        ring.Enter(0, -1);
        Assert.Equal([(1, -Errno.EFAULT)], Take(ring));
    }

    [Fact]
    public void The_steady_state_allocates_nothing()
    {
        ImmediateRing ring = Create();
        using ProvidedRing buffers = new(ring, 4);
        long before = 0;
        for (int i = 0; i < 2_000; i++)
        {
            if (i == 1_000)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            ring.Items = 1;
            buffers.Put(1);
            ring.Submissions.Take()[0] = Read(1, 10, 10, EntryFlags.Link);
            ring.Submissions.Take()[0] = Nop(2);
            ring.Submissions.Take()[0] = Poll(3);
            ring.Submissions.Take()[0] = Cancel(4, 3, 0);
            ring.Submissions.Take()[0] = Timeout(5, 1, 0);
            ring.Submissions.Take()[0] = new SubmissionEntry { Opcode = Opcode.Recv, Flags = EntryFlags.BufferSelect, BufferGroup = 5, UserData = 1 };
            ring.Enter(7, -1);
            while (ring.Completions.TryTake(out _))
            {
            }

            ring.Completions.Release();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static SubmissionEntry Nop(ulong tag) => new() { Opcode = Opcode.Nop, UserData = tag };

    private static SubmissionEntry Poll(ulong tag) => new() { Opcode = Opcode.PollAdd, UserData = tag };

    private static SubmissionEntry Read(ulong tag, uint length, int result, EntryFlags flags) =>
        new() { Opcode = Opcode.Read, Length = length, Offset = (ulong)result, UserData = tag, Flags = flags };

    private static SubmissionEntry Cancel(ulong tag, ulong target, uint flags) =>
        new() { Opcode = Opcode.AsyncCancel, Address = target, OperationFlags = flags, UserData = tag };

    private static void Stage(ImmediateRing ring, params SubmissionEntry[] entries)
    {
        foreach (SubmissionEntry entry in entries)
        {
            SubmissionEntry* slot = ring.Submissions.TryTake();
            Assert.True(slot != null, "The submission queue is full.");
            *slot = entry;
        }
    }

    private static List<CompletionEntry> TakeEntries(ImmediateRing ring)
    {
        List<CompletionEntry> taken = [];
        while (ring.Completions.TryTake(out CompletionEntry entry))
        {
            taken.Add(entry);
        }

        ring.Completions.Release();
        return taken;
    }

    private static List<(int Tag, int Result)> Take(ImmediateRing ring) => [.. TakeEntries(ring).Select(e => ((int)e.UserData, e.Result))];

    private ImmediateRing Create(uint submissions = 32, uint completions = 64)
    {
        ImmediateRing ring = new(submissions, completions);
        rings.Add(ring);
        return ring;
    }

    private SubmissionEntry Timeout(ulong tag, long nanoseconds, uint flags)
    {
        // A record each: the ring reads them only in the enter.
        IoUringRecords.KernelTimespec* time = &times[used++ % Records];
        time->Nanoseconds = nanoseconds;
        return new() { Opcode = Opcode.Timeout, Address = (ulong)time, Length = 1, OperationFlags = flags, UserData = tag };
    }

    private SubmissionEntry LinkTimeout(ulong tag, long nanoseconds) => Timeout(tag, nanoseconds, 0) with { Opcode = Opcode.LinkTimeout };
}
