namespace Dispatch.Tests;

/// <summary>A full submission queue queues in user memory; it never refuses, never reorders, never forgets, not even a cancel.</summary>
public sealed class FullQueueTests
{
    private static EventLoopOptions Tiny => new() { Kernel = TestKernel.Kind, SubmissionEntries = 4, CompletionEntries = 16 };

    [Fact]
    public void A_thousand_requests_go_through_a_queue_of_four_in_order() => OnLoop.Poll(
        loop =>
        {
            for (ulong i = 0; i < 1000; i++)
            {
                loop.Submit(IoRequest.Nop(), i);
            }

            Assert.True(loop.Statistics.Backlog >= 900);
            for (ulong i = 0; i < 1000; i++)
            {
                Assert.Equal(i, OnLoop.Take(loop).Tag);
            }

            Assert.Equal(0, loop.Statistics.Backlog);
            Assert.Equal(1, loop.Statistics.InFlight);
        },
        Tiny);

    [Fact]
    public void A_thousand_awaits_go_through_a_queue_of_four() => OnLoop.Run(
        async loop =>
        {
            ValueTask<int>[] all = new ValueTask<int>[1000];
            for (int i = 0; i < all.Length; i++)
            {
                all[i] = loop.ExecuteAsync(IoRequest.Nop());
            }

            foreach (ValueTask<int> one in all)
            {
                Assert.Equal(0, await one);
            }
        },
        Tiny);

    [Fact]
    public void A_thousand_requests_inside_a_callback_go_through_a_queue_of_four() => OnLoop.Poll(
        loop =>
        {
            Recorder inner = new();
            Many many = new(inner);
            Recorder outer = new()
            {
                Then = _ =>
                {
                    for (int i = 0; i < 1000; i++)
                    {
                        loop.Observe(IoRequest.Nop(), many);
                    }
                },
            };
            loop.Observe(IoRequest.Nop(), outer);
            OnLoop.Until(loop, () => many.Ended == 1000);
            Assert.Equal(1000, inner.Items.Count);
        },
        Tiny);

    [Fact]
    public void A_storm_of_cancels_ends_every_request_through_a_queue_of_four() => OnLoop.Poll(
        loop =>
        {
            using TestPipe pipe = new();
            Recorder inner = new();
            Many many = new(inner);
            OperationHandle[] handles = [.. Enumerable.Range(0, 500).Select(_ => loop.Observe(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), many))];
            foreach (OperationHandle handle in handles)
            {
                handle.Cancel();
                handle.Cancel();
            }

            OnLoop.Until(loop, () => many.Ended == 500);
            Assert.All(inner.Items, c => Assert.Equal(-Errno.ECANCELED, c.Result));
            Assert.Equal(500, inner.Items.Count);
            Assert.Equal(0, loop.Statistics.Late);
        },
        Tiny);

    [Fact]
    public void A_storm_of_tokens_ends_every_await_through_a_queue_of_four() => OnLoop.Run(
        async loop =>
        {
            using TestPipe pipe = new();
            using CancellationTokenSource source = new();
            Task<int>[] all = [.. Enumerable.Range(0, 500).Select(_ => loop.ExecuteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), source.Token).AsTask())];
            source.Cancel();
            foreach (Task<int> one in all)
            {
                OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
                Assert.Equal(source.Token, thrown.CancellationToken);
            }
        },
        Tiny);

    [Fact]
    public void Eighty_completions_into_sixteen_places_all_arrive() => OnLoop.Poll(
        loop =>
        {
            using TestPipe pipe = new();
            Recorder inner = new();
            Many many = new(inner);
            for (int i = 0; i < 80; i++)
            {
                loop.Observe(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), many);
            }

            SubmitAll(loop);
            pipe.Write(1);
            OnLoop.Until(loop, () => many.Ended == 80);
            Assert.All(inner.Items, c => Assert.Equal((long)PollEvents.Readable, c.Result));
        },
        Tiny);

    [Fact]
    public void Eighty_completions_into_sixteen_places_all_arrive_at_a_loop_that_only_takes() => OnLoop.Poll(
        loop =>
        {
            using TestPipe pipe = new();
            for (ulong i = 0; i < 80; i++)
            {
                loop.Submit(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), i);
            }

            SubmitAll(loop);
            pipe.Write(1);
            HashSet<ulong> tags = [];
            for (int i = 0; i < 80; i++)
            {
                Assert.True(tags.Add(OnLoop.Take(loop).Tag));
            }

            Assert.False(loop.TryTake(out _));
        },
        Tiny);

    [Fact]
    public void An_overflow_of_a_parked_loop_is_seen() => OnLoop.Run(
        async loop =>
        {
            using TestPipe pipe = new();
            Task<int>[] all = [.. Enumerable.Range(0, 80).Select(_ => loop.ExecuteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable)).AsTask())];
            await loop.OffloadAsync(() =>
            {
                pipe.Write(1);
                return 0;
            });
            Assert.All(await Task.WhenAll(all), r => Assert.Equal((int)PollEvents.Readable, r));
        },
        Tiny);

    private static void SubmitAll(EventLoop loop)
    {
        while (loop.Statistics.Backlog != 0 || loop.Engine.Submissions.HasStaged)
        {
            loop.Engine.Enter(0, -1);
        }
    }
}
