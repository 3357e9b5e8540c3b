namespace Dispatch.Conformance.Seam;

/// <summary>Linked requests: the same outcome on every kernel.</summary>
public sealed unsafe class ChainTests : KernelTests
{
    [Theory]
    [EveryKernel]
    public void A_chain_runs_in_order(TestedKernel kernel) => OnRing(kernel, (w, ring) =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        byte* memory = stackalloc byte[4];
        memory[0] = 42;
        memory[1] = 0;
        ring.Stage(Move(Opcode.Write, writeEnd, memory, 1, 1, EntryFlags.Link));
        ring.Stage(SeamRing.Nop(2, EntryFlags.Link));
        ring.Stage(Move(Opcode.Read, readEnd, memory + 1, 1, 3, EntryFlags.Link));
        ring.Stage(Close(readEnd, 4, EntryFlags.Link));
        ring.Stage(Close(writeEnd, 5));
        Assert.Equal(new SortedDictionary<ulong, int> { [1] = 1, [2] = 0, [3] = 1, [4] = 0, [5] = 0 }, ring.Take(5));
        Assert.Equal(42, memory[1]);
        ring.VerifyNothingMore();
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.ChainFails)]
    public void A_link_that_fails_midway_cancels_the_rest_of_its_chain_and_of_no_other(TestedKernel kernel) => OnRing(kernel, (w, ring) =>
    {
        ring.Stage(SeamRing.Nop(1, EntryFlags.Link));
        ring.Stage(Close(1_000_000_000, 2, EntryFlags.Link));
        ring.Stage(SeamRing.Nop(3, EntryFlags.Link));
        ring.Stage(SeamRing.Nop(4));
        ring.Stage(SeamRing.Nop(5, EntryFlags.Link));
        ring.Stage(SeamRing.Nop(6));
        SortedDictionary<ulong, int> results = ring.Take(6);
        Assert.Equal(new SortedDictionary<ulong, int> { [1] = 0, [2] = -Errno.EBADF, [3] = -Errno.ECANCELED, [4] = -Errno.ECANCELED, [5] = 0, [6] = 0 }, results);
        ring.VerifyNothingMore();
    });

    [Theory]
    [EveryKernel]
    public void A_hard_link_goes_on_after_a_failure_and_a_soft_one_behind_it_is_judged_by_its_own(TestedKernel kernel) => OnRing(kernel, (w, ring) =>
    {
        ring.Stage(Close(1_000_000_000, 1, EntryFlags.HardLink));
        ring.Stage(SeamRing.Nop(2, EntryFlags.Link));
        ring.Stage(Close(1_000_000_000, 3, EntryFlags.Link));
        ring.Stage(SeamRing.Nop(4, EntryFlags.HardLink));
        ring.Stage(SeamRing.Nop(5));
        SortedDictionary<ulong, int> results = ring.Take(5);
        Assert.Equal((-Errno.EBADF, 0, -Errno.EBADF, -Errno.ECANCELED), (results[1], results[2], results[3], results[4]));
        Assert.Equal(-Errno.ECANCELED, results[5]); // What is cancelled fails the rest, hard or soft.
        ring.VerifyNothingMore();
    });

    [Theory]
    [EveryKernel]
    public void A_short_read_breaks_a_soft_chain_and_not_a_hard_one(TestedKernel kernel) => OnRing(kernel, (w, ring) =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        byte* memory = stackalloc byte[8];
        foreach (EntryFlags link in (EntryFlags[])[EntryFlags.Link, EntryFlags.HardLink])
        {
            ring.Stage(Move(Opcode.Write, writeEnd, memory, 2, 1, EntryFlags.Link));
            ring.Stage(Move(Opcode.Read, readEnd, memory, 8, 2, link));
            ring.Stage(SeamRing.Nop(3));
            SortedDictionary<ulong, int> results = ring.Take(3);
            Assert.Equal((2, 2, link == EntryFlags.Link ? -Errno.ECANCELED : 0), (results[1], results[2], results[3]));
        }

        ring.VerifyNothingMore();
        End(ring, readEnd, writeEnd);
    });

    [Theory]
    [EveryKernel]
    public void Skipped_successes_leave_only_what_failed_and_what_was_asked_for(TestedKernel kernel) => OnRing(kernel, (w, ring) =>
    {
        ring.Stage(SeamRing.Nop(1, EntryFlags.SkipSuccess));
        ring.Stage(Close(1_000_000_000, 2, EntryFlags.SkipSuccess));
        ring.Stage(SeamRing.Nop(3, EntryFlags.SkipSuccess | EntryFlags.Link));
        ring.Stage(SeamRing.Nop(4));
        Assert.Equal(new SortedDictionary<ulong, int> { [2] = -Errno.EBADF, [4] = 0 }, ring.Take(2));
        ring.VerifyNothingMore();
    });

    [Theory]
    [EveryKernel]
    public void A_linked_timeout_ends_what_takes_too_long_and_is_ended_by_what_does_not(TestedKernel kernel) => OnRing(kernel, (w, ring) =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        byte* memory = stackalloc byte[8];
        IoUringRecords.KernelTimespec soon = new() { Nanoseconds = 1_000_000 };
        IoUringRecords.KernelTimespec late = new() { Seconds = 3600 };
        ring.Stage(Move(Opcode.Read, readEnd, memory, 8, 1, EntryFlags.Link));
        ring.Stage(Timeout(Opcode.LinkTimeout, &soon, 2));
        Assert.Equal(new SortedDictionary<ulong, int> { [1] = -Errno.ECANCELED, [2] = -Errno.ETIME }, ring.Take(2));
        ring.Stage(Move(Opcode.Write, writeEnd, memory, 1, 3, EntryFlags.Link));
        ring.Stage(Timeout(Opcode.LinkTimeout, &late, 4));
        Assert.Equal(new SortedDictionary<ulong, int> { [3] = 1, [4] = -Errno.ECANCELED }, ring.Take(2));
        ring.VerifyNothingMore();
        End(ring, readEnd, writeEnd);
    });

    [Theory]
    [EveryKernel]
    public void A_cancel_of_a_waiting_head_ends_the_whole_chain(TestedKernel kernel) => OnRing(kernel, (w, ring) =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        byte* memory = stackalloc byte[8];
        ring.Stage(Move(Opcode.Read, readEnd, memory, 8, 1, EntryFlags.Link));
        ring.Stage(SeamRing.Nop(2));
        ring.Submit();
        ring.Stage(new SubmissionEntry { Opcode = Opcode.AsyncCancel, Fd = -1, Address = 1, UserData = 3 });
        Assert.Equal(new SortedDictionary<ulong, int> { [1] = -Errno.ECANCELED, [2] = -Errno.ECANCELED, [3] = 0 }, ring.Take(3));
        ring.VerifyNothingMore();
        End(ring, readEnd, writeEnd);
    });

    private static void OnRing(TestedKernel kernel, Action<World, SeamRing> body, [System.Runtime.CompilerServices.CallerMemberName] string name = "") => Poll(
        kernel,
        w =>
        {
            using SeamRing ring = new(w);
            body(w, ring);
        },
        tolerates: Tolerance.OnlyWholeSubmits,
        name: name);

    private static void End(SeamRing ring, int readEnd, int writeEnd)
    {
        ring.Stage(Close(readEnd, 1));
        ring.Stage(Close(writeEnd, 2));
        Assert.Equal(new SortedDictionary<ulong, int> { [1] = 0, [2] = 0 }, ring.Take(2));
    }

    private static SubmissionEntry Move(Opcode opcode, int descriptor, byte* memory, uint length, ulong tag, EntryFlags flags = EntryFlags.None) => new()
    {
        Opcode = opcode,
        Fd = descriptor,
        Address = (ulong)memory,
        Length = length,
        Offset = ulong.MaxValue,
        UserData = tag,
        Flags = flags,
    };

    private static SubmissionEntry Close(int descriptor, ulong tag, EntryFlags flags = EntryFlags.None) => new() { Opcode = Opcode.Close, Fd = descriptor, UserData = tag, Flags = flags };

    private static SubmissionEntry Timeout(Opcode opcode, IoUringRecords.KernelTimespec* time, ulong tag) => new()
    {
        Opcode = opcode,
        Fd = -1,
        Address = (ulong)time,
        Length = 1,
        UserData = tag,
    };
}
