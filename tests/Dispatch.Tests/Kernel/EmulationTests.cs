using static Dispatch.IoUringAbi;

namespace Dispatch.Tests.Kernel;

/// <summary>What the emulations of io_uring have in common, on a back end that does nothing by itself.</summary>
public sealed unsafe class EmulationTests : EmulatedRingTests
{
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
}
