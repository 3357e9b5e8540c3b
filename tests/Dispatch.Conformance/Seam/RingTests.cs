namespace Dispatch.Conformance.Seam;

/// <summary>What a loop relies on in its kernel's ring.</summary>
public sealed unsafe class RingTests : KernelTests
{
    [Theory]
    [EveryKernel]
    public void An_overflow_asks_for_attention_until_everything_was_seen(TestedKernel kernel) => OnRing(kernel, 4, 8, (w, ring) =>
    {
        for (ulong i = 0; i < 40; i++)
        {
            ring.Stage(SeamRing.Nop(i));
            if (!Stageable(ring))
            {
                ring.Submit();
            }
        }

        ring.Submit();
        HashSet<ulong> seen = [];
        while (seen.Count != 40)
        {
            while (ring.TryTake(out CompletionEntry entry))
            {
                Assert.True(seen.Add(entry.UserData));
            }

            Assert.True(seen.Count == 40 || ring.Ring.NeedsAttention || ring.Ring.Submissions.Pending != 0, "Nothing says that there is more.");
            int result = ring.Enter();
            Assert.True(result >= 0 || result is -Errno.EINTR or -Errno.EBUSY or -Errno.EAGAIN, $"{result}");
        }

        Assert.False(ring.Ring.NeedsAttention);
    });

    [Theory]
    [EveryKernel]
    public void A_wait_that_nothing_ends_says_ETIME_and_loses_nothing(TestedKernel kernel) => OnRing(kernel, 8, 16, (w, ring) =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        ring.Stage(new SubmissionEntry { Opcode = Opcode.PollAdd, Fd = readEnd, OperationFlags = (uint)PollEvents.Readable, UserData = 1 });
        ring.Submit();
        Assert.Contains(ring.Ring.Enter(1, 1_000_000), new[] { -Errno.ETIME, -Errno.EINTR, -Errno.EBUSY, -Errno.EAGAIN });
        byte one = 1;
        ring.Stage(new SubmissionEntry { Opcode = Opcode.Write, Fd = writeEnd, Address = (ulong)(&one), Length = 1, Offset = ulong.MaxValue, UserData = 2 });
        Assert.Equal(new SortedDictionary<ulong, int> { [1] = (int)PollEvents.Readable, [2] = 1 }, ring.Take(2));
        ring.Stage(new SubmissionEntry { Opcode = Opcode.Close, Fd = readEnd, UserData = 3 });
        ring.Stage(new SubmissionEntry { Opcode = Opcode.Close, Fd = writeEnd, UserData = 4 });
        Assert.Equal(new SortedDictionary<ulong, int> { [3] = 0, [4] = 0 }, ring.Take(2));
    });

    [Theory]
    [EveryKernel]
    public void A_wake_ends_a_wait_also_one_that_has_not_begun(TestedKernel kernel) => OnRing(kernel, 8, 16, (w, ring) =>
    {
        SubmissionEntry wake = new() { UserData = 9 };
        if (ring.Ring.TryPrepareWakeRequest(ref wake))
        {
            ring.Stage(wake);
        }

        for (int i = 0; i < 20; i++)
        {
            ring.Ring.Wake();
            int result = ring.Ring.Enter(1, 60_000_000_000);
            Assert.NotEqual(-Errno.ETIME, result);
            while (ring.TryTake(out CompletionEntry entry))
            {
                Assert.Equal((9UL, IoUringAbi.IORING_CQE_F_MORE), (entry.UserData, entry.Flags & IoUringAbi.IORING_CQE_F_MORE));
            }
        }
    });

    [Theory]
    [EveryKernel]
    public void A_timeout_can_be_moved_and_removed(TestedKernel kernel) => OnRing(kernel, 8, 16, (w, ring) =>
    {
        IoUringRecords.KernelTimespec late = new() { Seconds = 3600 };
        IoUringRecords.KernelTimespec soon = new() { Nanoseconds = 1000 };
        SubmissionEntry timeout = new() { Opcode = Opcode.Timeout, Fd = -1, Address = (ulong)(&late), Length = 1, UserData = 1 };
        ring.Stage(timeout);
        ring.Submit();
        ring.Stage(new SubmissionEntry { Opcode = Opcode.TimeoutRemove, Fd = -1, Address = 1, Address2 = (ulong)(&soon), OperationFlags = IoUringAbi.IORING_TIMEOUT_UPDATE, UserData = 2 });
        Assert.Equal(new SortedDictionary<ulong, int> { [1] = -Errno.ETIME, [2] = 0 }, ring.Take(2));
        ring.Stage(timeout);
        ring.Submit();
        ring.Stage(new SubmissionEntry { Opcode = Opcode.TimeoutRemove, Fd = -1, Address = 1, UserData = 3 });
        Assert.Equal(new SortedDictionary<ulong, int> { [1] = -Errno.ECANCELED, [3] = 0 }, ring.Take(2));
        ring.Stage(new SubmissionEntry { Opcode = Opcode.TimeoutRemove, Fd = -1, Address = 1, UserData = 4 });
        Assert.Equal(-Errno.ENOENT, ring.Take().Result);
    });

    [Theory]
    [EveryKernel]
    public void Every_request_that_a_factory_makes_is_supported_and_an_unknown_one_is_EINVAL(TestedKernel kernel) => OnRing(kernel, 8, 16, (w, ring) =>
    {
        Opcode[] needed =
        [
            Opcode.Nop, Opcode.Readv, Opcode.Writev, Opcode.Fsync, Opcode.ReadFixed, Opcode.WriteFixed, Opcode.PollAdd, Opcode.Timeout, Opcode.TimeoutRemove, Opcode.Accept, Opcode.AsyncCancel,
            Opcode.LinkTimeout, Opcode.Connect, Opcode.Fallocate, Opcode.Openat, Opcode.Close, Opcode.Statx, Opcode.Read, Opcode.Write, Opcode.Fadvise, Opcode.Send, Opcode.Recv, Opcode.Sendmsg, Opcode.Recvmsg, Opcode.Shutdown,
            Opcode.Renameat, Opcode.Unlinkat, Opcode.Mkdirat, Opcode.MsgRing, Opcode.Socket, Opcode.FutexWait, Opcode.FutexWake, Opcode.Ftruncate,
        ];
        Assert.All(needed, o => Assert.True(ring.Ring.Supports(o), o.ToString()));
        const Opcode Unknown = (Opcode)200;
        Assert.False(ring.Ring.Supports(Unknown));
        ring.Stage(new SubmissionEntry { Opcode = Unknown, Fd = -1, UserData = 1 });
        ring.Stage(SeamRing.Nop(2));
        Assert.Equal(new SortedDictionary<ulong, int> { [1] = -Errno.EINVAL, [2] = 0 }, ring.Take(2));
    });

    private static bool Stageable(SeamRing ring) => ring.Ring.Submissions.Pending < ring.Ring.Submissions.Capacity;

    private static void OnRing(TestedKernel kernel, int submissions, int completions, Action<World, SeamRing> body, [System.Runtime.CompilerServices.CallerMemberName] string name = "") => Poll(
        kernel,
        w =>
        {
            using SeamRing ring = new(w, submissions, completions);
            body(w, ring);
        },
        name: name);
}
