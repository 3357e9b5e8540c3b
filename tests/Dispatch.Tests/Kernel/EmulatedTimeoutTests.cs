using static Dispatch.IoUringAbi;

namespace Dispatch.Tests.Kernel;

/// <summary>Timeouts and cancels of the emulations of io_uring, on a back end that does nothing by itself.</summary>
public sealed unsafe class EmulatedTimeoutTests : EmulatedRingTests
{
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
    public void A_bad_address_of_a_time_is_EFAULT_and_no_crash()
    {
        ImmediateRing ring = Create();
        Stage(ring, Timeout(1, 5, 0) with { Address = 8 });
        ring.Enter(0, -1);
        Assert.Equal([(1, -Errno.EFAULT)], Take(ring));
    }
}
