namespace Dispatch.Tests;

/// <summary>Cancels that race with completions and with each other, on real threads: exactly one outcome each, and nothing is lost.</summary>
public sealed class CancelRaceTests
{
    [Fact]
    public void A_hundred_thousand_cancels_against_completions_give_one_outcome_each_and_lose_no_byte() => OnLoop.Run(async loop =>
    {
        const int Rounds = 100_000;
        using TestPipe pipe = new();
        int descriptors = OpenDescriptors.Count();
        using Canceller canceller = new();
        byte[] buffer = new byte[1];
        int succeeded = 0;
        int cancelled = 0;
        int inPipe = 0;
        for (int i = 0; i < Rounds; i++)
        {
            using CancellationTokenSource source = new();
            ValueTask<int> read = loop.ExecuteAsync(IoRequest.Read(pipe.ReadEnd, buffer, -1), source.Token);
            canceller.Cancel(source);
            if (inPipe == 0)
            {
                pipe.Write((byte)i);
                inPipe++;
            }

            try
            {
                Assert.Equal(1, await read);
                succeeded++;
                inPipe--;
            }
            catch (OperationCanceledException)
            {
                cancelled++;
            }

            canceller.Wait();
        }

        if (inPipe != 0)
        {
            Assert.Equal(1, await loop.ExecuteAsync(IoRequest.Read(pipe.ReadEnd, buffer, -1)));
        }

        Assert.Equal(Rounds, succeeded + cancelled);
        Assert.Equal(0, loop.Statistics.Late);
        Assert.Equal(1, loop.Statistics.InFlight);
        Assert.Equal(descriptors, OpenDescriptors.Count());
    });

    [Fact]
    public void A_late_token_of_another_thread_never_cancels_the_next_tenant() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        using Canceller canceller = new();
        IoRequest poll = IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable);
        byte[] memory = new byte[1];
        for (int i = 0; i < 50_000; i++)
        {
            using CancellationTokenSource source = new();
            ValueTask<Completion> first = loop.CompleteAsync(IoRequest.Read(pipe.ReadEnd, memory, -1), source.Token);
            pipe.Write(1);
            canceller.Cancel(source);
            Completion answer = await first;
            if (answer.IsError)
            {
                pipe.Drain(1);
            }

            // The same object now serves a request that nobody cancels.
            ValueTask<Completion> second = loop.CompleteAsync(poll);
            canceller.Wait();
            await loop.ExecuteAsync(IoRequest.Nop()); // A turn of the inbox, and a trip through the kernel.
            pipe.Write(2);
            Assert.Equal((long)PollEvents.Readable, (await second).Result);
            pipe.Drain(1);
        }
    });

    [Fact]
    public void Polls_timeouts_and_pipes_cancelled_from_another_thread_each_end_once() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        using Canceller canceller = new();
        byte[] memory = new byte[1];
        for (int i = 0; i < 5_000; i++)
        {
            using CancellationTokenSource source = new();
            Task<Completion>[] all =
            [
                loop.CompleteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), source.Token).AsTask(),
                loop.CompleteAsync(IoRequest.Timeout(TimeSpan.FromMicroseconds(20)), source.Token).AsTask(),
                loop.CompleteAsync(IoRequest.Timeout(TimeSpan.FromHours(1)), source.Token).AsTask(),
                loop.CompleteAsync(IoRequest.Read(pipe.ReadEnd, memory, -1), source.Token).AsTask(),
            ];
            canceller.Cancel(source);
            Completion[] answers = await Task.WhenAll(all);

            Assert.Equal(-Errno.ECANCELED, answers[0].Result);
            Assert.Contains(answers[1].ErrorNumber, new[] { Errno.ECANCELED, Errno.ETIME });
            Assert.Equal(-Errno.ECANCELED, answers[2].Result);
            Assert.Equal(-Errno.ECANCELED, answers[3].Result);
            canceller.Wait();
        }

        Assert.Equal(1, loop.Statistics.InFlight);
    });

    [Fact]
    public void Delays_cancelled_from_another_thread_while_they_expire_end_once_and_never_end_the_next() => OnLoop.Run(async loop =>
    {
        using Canceller canceller = new();
        for (int i = 0; i < 50_000; i++)
        {
            using CancellationTokenSource source = new();
            ValueTask delay = loop.DelayAsync(TimeSpan.FromTicks(i % 100), source.Token);
            canceller.Cancel(source);
            try
            {
                await delay;
            }
            catch (OperationCanceledException e)
            {
                Assert.Equal(source.Token, e.CancellationToken);
            }

            ValueTask next = loop.DelayAsync(TimeSpan.FromTicks(10));
            canceller.Wait();
            await next; // Throws when the late cancel hits it.
        }
    });

    [Fact]
    public async Task Foreign_awaits_cancelled_from_yet_another_thread_end_once()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, SubmissionEntries = 64, CompletionEntries = 256 });
        EventLoop loop = dispatcher.Loops[0];
        using TestPipe pipe = new();
        using Canceller canceller = new();
        for (int i = 0; i < 10_000; i++)
        {
            using CancellationTokenSource source = new();
            ValueTask<Completion> poll = loop.CompleteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), source.Token);
            canceller.Cancel(source);
            Assert.Equal(-Errno.ECANCELED, (await poll).Result);
            canceller.Wait();
        }

        Assert.Equal(1, loop.Statistics.InFlight);
    }

    /// <summary>A thread that cancels what it is given.</summary>
    private sealed class Canceller : IDisposable
    {
        private readonly Thread thread;
        private CancellationTokenSource? next;
        private volatile bool stopped;

        public Canceller()
        {
            thread = new Thread(Run) { IsBackground = true };
            thread.Start();
        }

        public void Cancel(CancellationTokenSource source) => Volatile.Write(ref next, source);

        public void Wait()
        {
            SpinWait wait = default;
            while (Volatile.Read(ref next) is not null)
            {
                wait.SpinOnce();
            }
        }

        public void Dispose()
        {
            stopped = true;
            thread.Join();
        }

        private void Run()
        {
            SpinWait wait = default;
            while (!stopped)
            {
                if (Volatile.Read(ref next) is { } source)
                {
                    source.Cancel();
                    Volatile.Write(ref next, null);
                    wait.Reset();
                }
                else
                {
                    wait.SpinOnce(sleep1Threshold: -1);
                }
            }
        }
    }
}
