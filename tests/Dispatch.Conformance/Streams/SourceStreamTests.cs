namespace Dispatch.Conformance.Streams;

/// <summary>Streams that are not of sockets: readiness and ticks. Their readers come and go at any moment, and nothing is missed.</summary>
public sealed class SourceStreamTests : KernelTests
{
    private const int Chunks = 12;
    private const int ChunkBytes = 50;
    private const int Ticks = 16;

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.MultishotEnds)]
    public void A_watcher_of_readiness_that_comes_and_goes_misses_nothing(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            (int watched, int peer) = w.SocketPair();
            Readiness readiness = Readiness.Watch(watched, PollEvents.Readable, w.Loop);
            byte[] sent = World.Pattern(Chunks * ChunkBytes);
            List<byte> got = [];
            Task reading = ReadAsync();
            for (int i = 0; i < Chunks; i++)
            {
                await w.Send(peer, sent.AsMemory(i * ChunkBytes, ChunkBytes));
                await w.Turn((w.Seed + i) % 3);
            }

            await reading;
            Assert.Equal(sent, got);
            await w.Close(watched, peer);

            async Task ReadAsync()
            {
                byte[] buffer = new byte[64];
                for (int round = w.Seed; got.Count < sent.Length; round++)
                {
                    await foreach (PollEvents events in readiness.ReadAllAsync())
                    {
                        Assert.NotEqual(PollEvents.None, events & PollEvents.Readable);
                        int count;
                        while ((count = await w.Do(IoRequest.Receive(watched, buffer, MessageFlags.DoNotWait))) > 0)
                        {
                            got.AddRange(buffer[..count]);
                        }

                        Assert.Equal(-Errno.EAGAIN, count); // Edge-triggered: only now may it wait for the next.
                        if (got.Count == sent.Length || round % 3 != 0)
                        {
                            break;
                        }
                    }
                }
            }
        },
        tolerates: Tolerance.Any);

    [Theory]
    [EveryKernel]
    public void A_hang_up_is_told_and_a_watcher_that_has_gone_is_told_nothing(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            (int watched, int peer) = w.SocketPair();
            Readiness readiness = Readiness.Watch(watched, PollEvents.Readable, w.Loop);
            Recorder<PollEvents> gone = new();
            IDisposable leaving = readiness.Subscribe(gone);
            await w.Turn(w.Seed % 3);
            leaving.Dispose();
            int told = gone.Items.Count;
            Recorder<PollEvents> staying = new();
            using (readiness.Subscribe(staying))
            {
                await w.Close(peer);
                await w.TurnUntil(() => staying.Items.Any(e => (e & PollEvents.HangUp) != 0));
            }

            Assert.Equal(told, gone.Items.Count);
            Assert.False(gone.IsCompleted || staying.IsCompleted);
            await w.Close(watched);
        },
        tolerates: Tolerance.Any);

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.DisposeInOnNext)]
    public void Ticks_come_in_order_and_without_a_gap_however_often_their_reader_changes(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            TickStream ticks = TickStream.Interval(TimeSpan.FromMilliseconds(1), loop: w.Loop);
            List<long> got = [];
            IDisposable? subscription = null;
            Begin();
            while (got.Count < Ticks)
            {
                await w.Loop.DelayAsync(TimeSpan.FromMilliseconds(1));
            }

            subscription!.Dispose();
            int count = got.Count;
            await w.Loop.DelayAsync(TimeSpan.FromMilliseconds(5));
            Assert.Equal(count, got.Count);
            Assert.Equal(Enumerable.Range(0, count).Select(i => (long)i), got);

            void Begin() => subscription = ticks.Subscribe(new Recorder<long>(tick =>
            {
                got.Add(tick);
                if ((tick + w.Seed) % 2 == 0)
                {
                    subscription!.Dispose();
                    Begin();
                }
            }));
        },
        tolerates: Tolerance.Any);
}
