namespace Dispatch.Conformance.Loops;

/// <summary>The end of loops and threads: every request has its terminal completion, and memory is not written to after it.</summary>
public sealed class LifetimeTests : KernelTests
{
    private static OpenFlags Direct => (OpenFlags)ProcessorFlags.Direct;

    [Theory]
    [EveryKernel]
    public void A_loop_that_is_disposed_ends_every_request_once(TestedKernel kernel) => Poll(kernel, tolerates: Tolerance.Cancels, body: w =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        (int ours, int theirs) = w.SocketPair();
        Many observed = new();
        Recorder<Completion> raw = new();
        w.Loop.Completions.Subscribe(raw);
        Task<Completion>[] awaited = [.. Enumerable.Range(0, 20).Select(i => w.Loop.CompleteAsync(Waiting(i)).AsTask())];
        for (int i = 0; i < 20; i++)
        {
            w.Loop.Observe(Waiting(i), observed);
            w.Loop.Submit(Waiting(i), (ulong)i);
        }

        Task delay = w.Loop.DelayAsync(TimeSpan.FromHours(1)).AsTask();
        w.Loop.Poll();
        w.Restart();
        Assert.All(awaited, t => Assert.Equal(-Errno.ECANCELED, t.Result.Result));
        Assert.Equal((20, 20), (observed.Ended, observed.Items.Count));
        Assert.All(observed.Items, c => Assert.Equal(-Errno.ECANCELED, c.Result));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => (ulong)i), raw.Items.Select(c => c.Tag).Order());
        Assert.True(delay.IsCompleted);
        w.Drive(() => w.Close(readEnd, writeEnd, ours, theirs));

        IoRequest Waiting(int i) => (i % 5) switch
        {
            0 => IoRequest.Read(readEnd, new byte[10], -1),
            1 => IoRequest.Poll(readEnd, PollEvents.Readable),
            2 => IoRequest.Receive(ours, new byte[10]),
            3 => IoRequest.Timeout(TimeSpan.FromHours(1)),
            _ => IoRequest.Receive(theirs, new byte[10], MessageFlags.WaitAll),
        };
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.DisposeDuringDirect)]
    public void Memory_of_direct_reads_is_whole_or_untouched_after_the_loop_was_disposed_under_them(TestedKernel kernel) => Poll(kernel, w =>
    {
        const int Size = 16_384;
        const int Reads = 32;
        byte[] content = World.Pattern(Size * Reads);
        w.Drive(() => w.File("f", content));
        using AlignedMemory memory = AlignedMemory.Allocate(Size * Reads);
        for (int round = 0; round < w.Rounds(10); round++)
        {
            memory.Memory.Span.Fill(0xcc);
            int file = -1;
            w.Drive(async () => file = await w.Open("f", OpenFlags.ReadOnly | Direct));
            Task<Completion>[] reads = [.. Enumerable.Range(0, Reads).Select(i => w.Loop.CompleteAsync(IoRequest.Read(file, memory.Memory.Slice(i * Size, Size), i * Size)).AsTask())];
            if (round % 2 == 0)
            {
                w.Loop.Poll();
            }

            w.Restart();
            for (int i = 0; i < Reads; i++)
            {
                long result = reads[i].Result.Result;
                Assert.Contains(result, new long[] { Size, -Errno.ECANCELED });
                if (result == Size)
                {
                    Assert.True(content.AsSpan(i * Size, Size).SequenceEqual(memory.Memory.Span.Slice(i * Size, Size)));
                }
            }

            // From here on it is the user's: nothing may write to it any more.
            memory.Memory.Span.Fill(0x55);
            w.Drive(() => w.Close(file));
            w.Drive(() => w.Turn(20));
            Assert.False(memory.Memory.Span.ContainsAnyExcept((byte)0x55));
        }
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.ThreadEnds)]
    public void A_thread_that_ends_with_requests_in_flight_leaves_them_to_whoever_disposes_its_loop(TestedKernel kernel) => Poll(kernel, hasThreads: true, body: w =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        EventLoop? abandoned = null;
        Task<Completion>? read = null;
        Recorder<Completion> polls = new();
        Recorder<Completion> raw = new();
        Thread thread = new(() =>
        {
            EventLoop loop = EventLoop.Attach(w.OptionsFor(Small));
            abandoned = loop;
            read = loop.CompleteAsync(IoRequest.Read(readEnd, new byte[16], -1)).AsTask();
            loop.Observe(IoRequest.PollMultishot(readEnd, PollEvents.Readable), polls);
            loop.Completions.Subscribe(raw);
            loop.Submit(IoRequest.Timeout(TimeSpan.FromHours(1)), 7);
            for (int i = 0; i < 10; i++)
            {
                loop.Poll();
            }
        });
        thread.Start();
        thread.Join();
        Assert.False(read!.IsCompleted);
        w.Drive(async () => await abandoned!.DisposeAsync());
        Assert.Equal(-Errno.ECANCELED, read.Result.Result);
        Assert.True(polls.IsCompleted);
        Assert.Equal(-Errno.ECANCELED, Assert.Single(polls.Items).Result);
        Assert.Equal((7UL, (long)-Errno.ECANCELED), (Assert.Single(raw.Items).Tag, raw.Items[0].Result));
        Assert.Equal((0, 0L), (abandoned!.Statistics.InFlight, abandoned.Statistics.Late));
        Assert.Empty(abandoned.Life.Unfinished);
        w.Drive(() => w.Close(readEnd, writeEnd));
    });
}
