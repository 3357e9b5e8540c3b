using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using static Dispatch.IoUringAbi;

namespace Dispatch.Tests.Kernel;

/// <summary>What an enter does: submits as far as it can, waits as long as it should, and loses nothing on any way out.</summary>
[SupportedOSPlatform("linux")]
public sealed unsafe class RingEnterTests
{
    [Fact]
    public void An_entry_that_the_kernel_refuses_does_not_hold_up_those_behind_it()
    {
        using RawRing ring = RawRing.Create();
        StageWithRefusedThird(ring);

        Assert.Equal(5, ring.Enter());

        Assert.Equal(0u, ring.Ring.Submissions.Pending);
        AssertFiveResults(ring);
    }

    [Fact]
    public void What_a_partial_submit_left_behind_is_counted_and_goes_with_the_next()
    {
        using RawRing ring = RawRing.Create([IoUringSetup.DefaultLadder[0] & ~IORING_SETUP_SUBMIT_ALL]);
        StageWithRefusedThird(ring);

        Assert.Equal(3, ring.Enter()); // Up to the refused one, which has its completion.

        Assert.Equal(2u, ring.Ring.Submissions.Pending);
        Assert.Equal(2, ring.Enter());
        Assert.Equal(0u, ring.Ring.Submissions.Pending);
        AssertFiveResults(ring);
    }

    [Fact]
    public void A_wait_that_nothing_ends_ends_with_its_time()
    {
        using RawRing ring = RawRing.Create();

        Assert.Equal(-Errno.ETIME, ring.Ring.Enter(1, 1_000_000));
        Assert.Equal(-Errno.ETIME, ring.Ring.Enter(1, 0));
        Assert.False(ring.Ring.Completions.HasEntries);
    }

    [Fact]
    public void A_wait_ends_with_a_completion_before_its_time()
    {
        using RawRing ring = RawRing.Create();
        using Pipe pipe = new();
        byte* buffer = stackalloc byte[1];
        ring.Stage(pipe.Read(buffer, 1, tag: 3));
        Assert.Equal(1, ring.Enter());
        int self = Native.ThreadId();
        OnThread writer = OnThread.Start(() =>
        {
            Native.WaitUntilInEnter(self);
            pipe.Write(77);
        });

        int result = ring.Ring.Enter(1, (long)RawRing.Guard.TotalNanoseconds);

        writer.Join();
        Assert.Equal(0, result);
        Assert.True(ring.TryTake(out CompletionEntry entry));
        Assert.Equal((3ul, 1, (byte)77), (entry.UserData, entry.Result, *buffer));
    }

    [Fact]
    public void A_signal_during_a_wait_loses_nothing()
    {
        using PosixSignalRegistration handler = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, static context => context.Cancel = true);
        using RawRing ring = RawRing.Create();
        using Pipe pipe = new();
        byte* buffer = stackalloc byte[1];
        ring.Stage(pipe.Read(buffer, 1, tag: 3));
        Assert.Equal(1, ring.Enter());
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(-Errno.EINTR, EnterUnderSignal(ring));
            Assert.False(ring.Ring.Completions.HasEntries);
        }

        // A submit in the same call hides the signal behind its count: no completion, and no error either.
        ring.Stage(new SubmissionEntry { Opcode = Opcode.PollAdd, Fd = ring.Ring.MessageDescriptor, OperationFlags = (uint)PollEvents.Priority, UserData = 4 });
        Assert.Equal(1, EnterUnderSignal(ring));
        Assert.False(ring.Ring.Completions.HasEntries);

        pipe.Write(5);
        CompletionEntry entry = ring.Take();
        Assert.Equal((3ul, 1, (byte)5), (entry.UserData, entry.Result, *buffer));
        Assert.Equal(-Errno.ECANCELED, ring.CancelAndReap(4));
    }

    [Fact]
    public void A_wake_from_another_thread_ends_the_wait_each_time()
    {
        using RawRing ring = RawRing.Create();
        Arm(ring);
        int self = Native.ThreadId();
        for (int i = 0; i < 50; i++)
        {
            OnThread waker = OnThread.Start(() =>
            {
                Native.WaitUntilInEnter(self);
                ring.Ring.Wake();
            });
            CompletionEntry entry = ring.Take();
            waker.Join();
            Assert.Equal((1ul, IORING_CQE_F_MORE), (entry.UserData, entry.Flags & IORING_CQE_F_MORE)); // Still armed, and nobody read the counter.
        }
    }

    [Fact]
    public void A_wake_before_the_wait_ends_it_at_once()
    {
        using RawRing ring = RawRing.Create();
        Arm(ring);
        Assert.Equal(1, ring.Enter());
        OnThread.Run(ring.Ring.Wake);

        Assert.Equal(0, ring.Ring.Enter(1, -1));

        Assert.True(ring.TryTake(out CompletionEntry entry));
        Assert.Equal(1ul, entry.UserData);
    }

    [Fact]
    public void A_wake_before_the_request_for_it_was_submitted_is_not_lost()
    {
        using RawRing ring = RawRing.Create();
        OnThread.Run(ring.Ring.Wake);
        Arm(ring);

        Assert.Equal(1ul, ring.Take().UserData);
    }

    [Fact]
    public void A_wake_after_the_end_does_nothing()
    {
        RawRing ring = RawRing.Create();
        ring.Dispose();

        ring.Ring.Wake();

        Assert.Equal(-1, ring.Ring.MessageDescriptor);
    }

    [Fact]
    public void Deferred_completions_never_appear_without_the_flag_nor_without_an_enter()
    {
        using RawRing ring = RawRing.Create();
        Assert.Contains("DEFER_TASKRUN", ring.Ring.Description.Flags);
        byte* buffer = stackalloc byte[1];
        for (int round = 0; round < 100; round++)
        {
            using Pipe pipe = new();
            ring.Stage(pipe.Read(buffer, 1, tag: 3));
            Assert.Equal(1, ring.Enter());
            Assert.False(ring.Ring.NeedsAttention);
            pipe.Write(1); // Queues the completion's work to this thread, and raises the flag before it returns.
            Assert.True(ring.Ring.NeedsAttention);
            for (int i = 0; i < 1000; i++)
            {
                _ = Native.ThreadId(); // Not every entry into the kernel is one that runs it.
                Assert.False(ring.Ring.Completions.HasEntries);
            }

            Assert.Equal(0, ring.Enter());
            Assert.False(ring.Ring.NeedsAttention);
            Assert.True(ring.TryTake(out _));
        }
    }

    [Fact]
    public void An_overflow_shows_in_the_flag_and_an_enter_brings_all_of_it()
    {
        const int Submitted = 4;
        const int Held = 8;
        const int Rounds = 8;
        using RawRing ring = RawRing.Create(Submitted, Held);
        for (ulong i = 0; i < Submitted * Rounds; i++)
        {
            ring.Stage(RawRing.Nop(i));
            if (ring.Ring.Submissions.Pending == Submitted)
            {
                Assert.Equal(Submitted, ring.Enter());
            }
        }

        Assert.Equal((uint)Held, ring.Ring.Completions.Count);
        Assert.True(ring.Ring.NeedsAttention);
        HashSet<ulong> tags = [];
        for (int enters = 0; tags.Count < Submitted * Rounds; enters++)
        {
            Assert.InRange(enters, 0, Rounds);
            while (ring.TryTake(out CompletionEntry entry))
            {
                Assert.True(tags.Add(entry.UserData));
            }

            Assert.Equal(tags.Count < Submitted * Rounds, ring.Ring.NeedsAttention);
            Assert.Equal(0, ring.Enter());
        }

        Assert.False(ring.Ring.NeedsAttention || ring.Ring.Completions.HasEntries);
    }

    [Fact]
    public void Nothing_is_lost_while_the_completion_queue_stays_full()
    {
        // Older kernels refuse to submit while completions overflow (EBUSY), newer ones keep more: entries stay counted either way.
        const int Requests = 200;
        using RawRing ring = RawRing.Create(4, 8);
        HashSet<ulong> tags = [];
        ulong next = 0;
        while (tags.Count < Requests)
        {
            while (next < Requests && ring.Ring.Submissions.Pending < 4)
            {
                ring.Stage(RawRing.Nop(next++));
            }

            int result = ring.Enter();
            Assert.True(result is >= 0 or -Errno.EBUSY);
            if (next == Requests || result == -Errno.EBUSY)
            {
                while (ring.TryTake(out CompletionEntry entry))
                {
                    Assert.True(tags.Add(entry.UserData));
                }
            }
        }
    }

    [Fact]
    public void An_enter_from_another_thread_is_refused()
    {
        using RawRing ring = RawRing.Create();
        ring.Stage(RawRing.Nop(1));
        OnThread.Run(() => Assert.True(ring.Enter() is -Errno.EEXIST or -Errno.EINVAL)); // EINVAL: the other thread registered no such descriptor.

        Assert.Equal(0, ring.Take().Result);
    }

    [Fact]
    public void Threads_that_wait_for_completions_do_not_count_as_waiting_for_a_disk()
    {
        const int Threads = 60;
        OnThread[] threads = new OnThread[Threads];
        int[] numbers = new int[Threads];
        IoUringRing[] rings = new IoUringRing[Threads];
        bool works = false;
        for (int i = 0; i < Threads; i++)
        {
            int mine = i;
            threads[i] = OnThread.Start(() =>
            {
                using RawRing ring = RawRing.Create(1, 2);
                works = ring.Ring.Description.Features.Contains("NO_IOWAIT");
                Arm(ring);
                ring.Enter();
                Volatile.Write(ref rings[mine], ring.Ring);
                Volatile.Write(ref numbers[mine], Native.ThreadId());
                ring.Take();
            });
        }

        foreach (int i in Enumerable.Range(0, Threads))
        {
            Native.WaitUntil(() => Volatile.Read(ref numbers[i]) != 0, "A thread did not start.");
            Native.WaitUntilInEnter(numbers[i]);
        }

        int blocked = int.Parse(File.ReadLines("/proc/stat").First(l => l.StartsWith("procs_blocked ", StringComparison.Ordinal)).Split(' ')[1], null);
        Array.ForEach(rings, r => r.Wake());
        Array.ForEach(threads, t => t.Join());
        Assert.SkipUnless(works, "This kernel has no IORING_FEAT_NO_IOWAIT.");
        Assert.InRange(blocked, 0, Threads - 1); // Whatever the machine does besides, it is not that.
    }

    private static void Arm(RawRing ring)
    {
        SubmissionEntry entry = default;
        Assert.True(ring.Ring.TryPrepareWakeRequest(ref entry));
        entry.UserData = 1;
        ring.Stage(entry);
    }

    private static int EnterUnderSignal(RawRing ring)
    {
        int self = Native.ThreadId();
        OnThread signaller = OnThread.Start(() =>
        {
            Native.WaitUntilInEnter(self);
            Native.Signal(self, Native.WindowChanged);
        });
        int result = ring.Ring.Enter(1, (long)RawRing.Guard.TotalNanoseconds);
        signaller.Join();
        return result;
    }

    private static void StageWithRefusedThird(RawRing ring)
    {
        for (ulong i = 0; i < 5; i++)
        {
            SubmissionEntry entry = RawRing.Nop(i);
            entry.Opcode = i == 2 ? (Opcode)254 : Opcode.Nop;
            ring.Stage(entry);
        }
    }

    private static void AssertFiveResults(RawRing ring)
    {
        Dictionary<ulong, int> results = ring.TakeMany(5);
        for (ulong i = 0; i < 5; i++)
        {
            Assert.Equal(i == 2 ? -Errno.EINVAL : 0, results[i]);
        }
    }
}
