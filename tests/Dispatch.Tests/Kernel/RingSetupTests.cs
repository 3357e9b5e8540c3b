using static Dispatch.IoUringAbi;

namespace Dispatch.Tests.Kernel;

/// <summary>How a ring is set up: the steps of the ladder, what the kernel says it can do, sizes, descriptors, memory.</summary>
public sealed unsafe class RingSetupTests
{
    private const uint UnknownFlag = 1u << 31;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_ring_of_every_step_runs_requests_round_and_round(int step)
    {
        uint flags = IoUringSetup.DefaultLadder[step];
        using RawRing ring = RawRing.Create([flags], 8, 16);
        Assert.Empty(ring.Ring.Description.Refused);
        Assert.Equal((flags & IORING_SETUP_NO_MMAP) != 0, ring.Ring.CompletesAfterClose);
        Assert.Contains("TASKRUN_FLAG", ring.Ring.Description.Flags);
        for (ulong round = 0; round < 10; round++)
        {
            for (ulong i = 0; i < 8; i++)
            {
                ring.Stage(RawRing.Nop((round * 8) + i));
            }

            Assert.True(ring.Ring.Submissions.TryTake() == null, "The queue takes more than it holds.");
            Assert.Equal(8, ring.Enter());
            Assert.Equal(8, ring.TakeMany(8).Count(r => r.Key / 8 == round && r.Value == 0));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_ring_of_every_step_shows_what_comes_later_by_the_flag_alone(int step)
    {
        using RawRing ring = RawRing.Create([IoUringSetup.DefaultLadder[step]]);
        using Pipe pipe = new();
        byte* buffer = stackalloc byte[1];
        ring.Stage(pipe.Read(buffer, 1, tag: 5));
        Assert.Equal(1, ring.Enter());
        Assert.False(ring.Ring.NeedsAttention || ring.Ring.Completions.HasEntries);

        OnThread.Run(() => pipe.Write(1));

        Native.WaitUntil(() => ring.Ring.NeedsAttention || ring.Ring.Completions.HasEntries, "Neither flag nor completion appeared.");
        Assert.Equal((5ul, 1), ring.Take() is var c ? (c.UserData, c.Result) : default);
        Assert.False(ring.Ring.NeedsAttention);
    }

    [Fact]
    public void A_refused_step_is_named_and_the_next_one_is_taken()
    {
        uint last = IoUringSetup.DefaultLadder[^1];

        using RawRing ring = RawRing.Create([UnknownFlag | IORING_SETUP_CQSIZE, UnknownFlag | IORING_SETUP_CLAMP, last]);

        Assert.Equal(["CQSIZE", "CLAMP"], ring.Ring.Description.Refused);
        Assert.DoesNotContain("DEFER_TASKRUN", ring.Ring.Description.Flags);
        Assert.Contains("COOP_TASKRUN", ring.Ring.Description.Flags);
        Assert.Equal(0, ring.Do(RawRing.Nop(1)));
    }

    [Fact]
    public void When_every_step_is_refused_the_kernel_is_called_too_old()
    {
        KernelUnavailableException e = Assert.Throws<KernelUnavailableException>(() => RawRing.Create([UnknownFlag, UnknownFlag | IORING_SETUP_CQSIZE]));

        Assert.Equal(KernelUnavailableReason.TooOld, e.Reason);
        Assert.Contains("io_uring_setup failed with EINVAL", e.Message, StringComparison.Ordinal);
        Assert.EndsWith(e.Remedy, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 5)]
    [InlineData(65, 65)]
    [InlineData(129, 130)]
    [InlineData(1000, 4097)]
    public void A_ring_of_an_odd_size_has_all_the_room_that_the_kernel_rounds_it_up_to(int submissions, int completions)
    {
        using RawRing ring = RawRing.Create(submissions, completions);
        uint capacity = ring.Ring.Submissions.Capacity;
        Assert.Equal(System.Numerics.BitOperations.RoundUpToPowerOf2((uint)submissions), capacity);
        Assert.Equal(System.Numerics.BitOperations.RoundUpToPowerOf2((uint)completions), ring.Ring.Completions.Capacity);

        // Every place of both queues is used, the last ones too; the kernel keeps what the completion queue does not hold.
        uint rounds = (ring.Ring.Completions.Capacity / capacity) + 1;
        for (uint i = 0; i < rounds * capacity; i++)
        {
            ring.Stage(RawRing.Nop(i));
            if (ring.Ring.Submissions.Pending == capacity)
            {
                Assert.Equal((int)capacity, ring.Enter());
            }
        }

        Dictionary<ulong, int> results = ring.TakeMany((int)(rounds * capacity));
        Assert.All(results.Values, r => Assert.Equal(0, r));
    }

    [Fact]
    public void The_probe_says_what_the_kernel_takes()
    {
        using RawRing ring = RawRing.Create();
        SubmissionEntry unknown = new() { Opcode = (Opcode)254, Fd = -1 };

        Assert.True(ring.Ring.Supports(Opcode.Nop));
        Assert.False(ring.Ring.Supports((Opcode)254));
        Assert.Equal(-Errno.EINVAL, ring.Do(unknown));
        Assert.Equal(Enumerable.Range(0, 256).Count(o => ring.Ring.Supports((Opcode)o)), ring.Ring.Description.SupportedOpcodes);
    }

    [Fact]
    public void Kernel_workers_are_capped_as_asked()
    {
        // On a thread of its own: the limit belongs to the thread's workers, which outlive a ring.
        OnThread.Run(() =>
        {
            using RawRing ring = RawRing.Create(8, 16, workers: 3);
            uint* limits = stackalloc uint[2];
            Assert.Equal(0, ring.Ring.Register(IORING_REGISTER_IOWQ_MAX_WORKERS, limits, 2));
            Assert.Equal((3u, 3u), (limits[0], limits[1]));
        });
    }

    [Fact]
    public void More_blocking_requests_than_workers_wait_their_turn_and_all_complete()
    {
        const int Requests = 6;
        const int Workers = 2;
        using TemporaryFolder folder = new();
        OnThread.Run(() =>
        {
            using RawRing ring = RawRing.Create(8, 16, Workers);
            int self = Native.ThreadId();
            string[] paths = [.. Enumerable.Range(0, Requests).Select(i => folder.Fifo($"fifo{i}"))];
            byte[][] names = [.. paths.Select(p => System.Text.Encoding.UTF8.GetBytes(p + "\0"))];
            using Pinned pinned = new(names);
            for (int i = 0; i < Requests; i++)
            {
                ring.Stage(new SubmissionEntry { Opcode = Opcode.Openat, Fd = -100, Address = pinned[i], Flags = EntryFlags.Async, UserData = (ulong)i });
            }

            Assert.Equal(Requests, ring.Enter());
            Native.WaitUntil(() => CountWorkers(self) == Workers, "The workers did not start.");
            List<int> ends = [];
            foreach (string path in paths)
            {
                ends.Add(Native.Open(path, 2, 0)); // Both ends at once: whoever waits for a peer has one.
            }

            int most = 0;
            for (int i = 0; i < Requests; i++)
            {
                ends.Add(ring.Take().Result);
                most = Math.Max(most, CountWorkers(self));
            }

            Assert.All(ends, e => Assert.True(e >= 0 && Tmds.Linux.LibC.close(e) == 0));
            Assert.InRange(most, 1, Workers);
        });
    }

    [Fact]
    public void A_thread_with_more_rings_than_it_can_register_goes_on_with_plain_descriptors()
    {
        const int Places = 16;
        OnThread.Run(() =>
        {
            List<RawRing> rings = [];
            for (int i = 0; i < Places + 4; i++)
            {
                rings.Add(RawRing.Create(4, 8));
                Assert.Equal(i < Places, rings[i].Ring.Description.RegisteredDescriptor);
            }

            foreach (RawRing ring in rings)
            {
                Assert.Equal(0, ring.Do(RawRing.Nop(1)));
            }

            rings[3].Dispose();
            using RawRing next = RawRing.Create(4, 8);
            Assert.True(next.Ring.Description.RegisteredDescriptor); // A closed ring's place is free again.
            rings.RemoveAt(3);
            rings.ForEach(r => r.Dispose());
        });
    }

    [Fact]
    public void A_released_ring_leaves_no_memory_and_no_descriptor_behind()
    {
        OnThread.Run(() =>
        {
            List<nint> addresses = [];
            int descriptors = Directory.GetFiles("/proc/self/fd").Length;
            for (int i = 0; i < 8; i++)
            {
                using RawRing ring = RawRing.Create([IoUringSetup.DefaultLadder[i % 4]], 256, 512);
                addresses.Add((nint)ring.Ring.Submissions.Entries);
                Assert.True(IsMapped(addresses[i]));
            }

            // Another thread of the process may have been given one of the places meanwhile; all of them would be a leak.
            Assert.Contains(addresses, a => !IsMapped(a));
            Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, descriptors + 4);
        });
    }

    private static int CountWorkers(int owner)
    {
        int count = 0;
        foreach (string task in Directory.GetDirectories("/proc/self/task"))
        {
            try
            {
                count += File.ReadAllText(Path.Combine(task, "comm")).StartsWith($"iou-wrk-{owner}", StringComparison.Ordinal) ? 1 : 0;
            }
            catch (IOException)
            {
                continue; // It ended between the listing and the reading.
            }
        }

        return count;
    }

    private static bool IsMapped(nint address)
    {
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            string[] range = line.Split(' ')[0].Split('-');
            if (address >= Convert.ToInt64(range[0], 16) && address < Convert.ToInt64(range[1], 16))
            {
                return true;
            }
        }

        return false;
    }
}
