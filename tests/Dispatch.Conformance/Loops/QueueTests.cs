namespace Dispatch.Conformance.Loops;

/// <summary>Queues that are full: nothing is refused, reordered, forgotten or delivered twice.</summary>
public sealed class QueueTests : KernelTests
{
    [Theory]
    [EveryKernel]
    public void A_thousand_requests_go_through_a_queue_of_four_each_once(TestedKernel kernel) => Poll(
        kernel,
        w =>
        {
            for (ulong i = 0; i < 1000; i++)
            {
                w.Loop.Submit(IoRequest.Nop(), i);
            }

            Assert.True(w.Loop.Statistics.Backlog >= 900);
            Assert.Equal(Enumerable.Range(0, 1000).Select(i => (ulong)i), w.Take(1000).Select(c => c.Tag).Order());
            Assert.Equal(0, w.Loop.Statistics.Backlog);
            Assert.False(w.Loop.TryTake(out _));
        },
        Tiny);

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.FullInCallback)]
    public void Requests_made_inside_a_callback_go_through_a_queue_of_four(TestedKernel kernel) => Poll(
        kernel,
        w =>
        {
            Many inner = new();
            Recorder<Completion> outer = new(_ =>
            {
                for (int i = 0; i < 300; i++)
                {
                    w.Loop.Observe(IoRequest.Nop(), inner);
                }
            });
            w.Loop.Observe(IoRequest.Nop(), outer);
            w.Until(() => inner.Ended == 300);
            Assert.Equal(300, inner.Items.Count);
            Assert.All(inner.Items, c => Assert.Equal(0, c.Result));
        },
        Tiny);

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.FullOfCancels)]
    public void A_storm_of_cancels_ends_every_request_through_a_queue_of_four(TestedKernel kernel) => Poll(
        kernel,
        w =>
        {
            (int readEnd, int writeEnd) = w.Pipe();
            Many many = new();
            OperationHandle[] handles = [.. Enumerable.Range(0, 200).Select(_ => w.Loop.Observe(IoRequest.Poll(readEnd, PollEvents.Readable), many))];
            foreach (OperationHandle handle in handles)
            {
                handle.Cancel();
                handle.Cancel();
            }

            w.Until(() => many.Ended == 200);
            Assert.Equal(200, many.Items.Count);
            Assert.All(many.Items, c => Assert.Equal(-Errno.ECANCELED, c.Result));
            w.Drive(() => w.Close(readEnd, writeEnd));
        },
        Tiny);

    [Theory]
    [EveryKernel]
    public void A_storm_of_tokens_ends_every_await_through_a_queue_of_four(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            (int readEnd, int writeEnd) = w.Pipe();
            using CancellationTokenSource source = new();
            Task<Completion>[] all = [.. Enumerable.Range(0, 200).Select(_ => w.Loop.CompleteAsync(IoRequest.Read(readEnd, new byte[1], -1), source.Token).AsTask())];
            source.Cancel();
            Assert.All(await Task.WhenAll(all), c => Assert.Equal(-Errno.ECANCELED, c.Result));
            await w.Close(readEnd, writeEnd);
        },
        Tiny);

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.Overflow)]
    public void Eighty_completions_at_once_into_sixteen_places_all_arrive(TestedKernel kernel) => Poll(
        kernel,
        w =>
        {
            (int readEnd, int writeEnd) = w.Pipe();
            Many many = new();
            for (int i = 0; i < 80; i++)
            {
                w.Loop.Observe(IoRequest.Poll(readEnd, PollEvents.Readable), many);
            }

            SubmitAll(w.Loop);
            w.Loop.Observe(IoRequest.Write(writeEnd, new byte[1], -1), new Recorder<Completion>());
            w.Until(() => many.Ended == 80);
            Assert.Equal(80, many.Items.Count);
            Assert.Equal([(long)PollEvents.Readable], many.Items.Select(c => c.Result).Distinct());
            w.Drive(() => w.Close(readEnd, writeEnd));
        },
        Tiny);

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.OverflowPolling)]
    public void Eighty_completions_at_once_all_arrive_at_a_loop_that_only_takes(TestedKernel kernel) => Poll(
        kernel,
        w =>
        {
            (int readEnd, int writeEnd) = w.Pipe();
            for (ulong i = 0; i < 80; i++)
            {
                w.Loop.Submit(IoRequest.Poll(readEnd, PollEvents.Readable), i);
            }

            SubmitAll(w.Loop);
            w.Loop.Submit(IoRequest.Write(writeEnd, new byte[1], -1), 80);
            Assert.Equal(Enumerable.Range(0, 81).Select(i => (ulong)i), w.Take(81).Select(c => c.Tag).Order());
            Assert.False(w.Loop.TryTake(out _));
            w.Drive(() => w.Close(readEnd, writeEnd));
        },
        Tiny);

    [Theory]
    [EveryKernel]
    public void A_raw_source_over_its_capacity_holds_the_rest_back_in_order(TestedKernel kernel) => Poll(
        kernel,
        w =>
        {
            for (ulong i = 0; i < 100; i++)
            {
                w.Loop.Submit(IoRequest.Nop(), i);
            }

            Assert.Equal(Enumerable.Range(0, 100).Select(i => (ulong)i), w.Take(100).Select(c => c.Tag).Order());
        },
        new EventLoopOptions { SubmissionEntries = 4, CompletionEntries = 16, RawCapacity = 4 });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.PutOff)]
    public void A_loop_whose_enters_are_put_off_submits_everything_later_and_once(TestedKernel kernel) => Poll(
        kernel,
        w => SubmitThrough(w, round => w.Faults.Enter = (round % 2 == 0 ? Errno.EBUSY : Errno.EAGAIN, 5), () => w.Faults.Failed),
        Tiny);

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.Interrupted)]
    public void A_loop_whose_enters_are_interrupted_submits_everything_later_and_once(TestedKernel kernel) => Poll(
        kernel,
        w => SubmitThrough(w, _ => w.Faults.Enter = (Errno.EINTR, 5), () => w.Faults.Failed),
        Tiny);

    [Theory]
    [EveryKernel]
    public void A_parked_loop_whose_waits_fail_parks_again(TestedKernel kernel) => Run(kernel, async w =>
    {
        foreach (int errno in (int[])[Errno.EINTR, Errno.EBUSY, Errno.EAGAIN, Errno.ENOMEM])
        {
            int before = w.Faults.Failed;
            w.Faults.Enter = (errno, 20);
            await w.Loop.DelayAsync(TimeSpan.FromMilliseconds(1));
            Assert.Equal(0, await w.Do(IoRequest.Nop()));
            Assert.Equal(before + 20, w.Faults.Failed);
        }
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.PartialSubmit)]
    public void What_an_enter_did_not_take_goes_with_the_next_one(TestedKernel kernel) => Poll(
        kernel,
        w => SubmitThrough(w, round => w.Faults.SubmitAtMost = (round % 3) + 1, () => w.Faults.Partial),
        new EventLoopOptions { SubmissionEntries = 16, CompletionEntries = 64 });

    [Theory]
    [EveryKernel]
    public void What_an_enter_did_not_take_goes_with_the_next_one_also_when_the_loop_parks(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            w.Faults.SubmitAtMost = 1;
            (Connection ours, Connection theirs) = w.Connections();
            for (byte i = 0; i < 20; i++)
            {
                Task<BufferLease> receive = ours.ReceiveAsync().AsTask();
                await theirs.SendAsync(new[] { i });
                using BufferLease lease = await receive;
                Assert.Equal([i], lease.ToArray());
                await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => w.Do(IoRequest.Nop())));
            }

            Assert.True(w.Faults.Partial != 0 || w.Loop.Engine.Ring.Submissions.Capacity < 4, "Nothing went wrong.");
            await ours.CloseAsync();
            await theirs.CloseAsync();
        },
        new EventLoopOptions { SubmissionEntries = 16, CompletionEntries = 64 });

    private static void SubmitThrough(World w, Action<int> fault, Func<int> seen)
    {
        const int Requests = 300;
        HashSet<ulong> tags = [];
        for (int i = 0; i < Requests; i++)
        {
            if (i % 40 == 0)
            {
                fault(i / 40);
            }

            w.Loop.Submit(IoRequest.Nop(), (ulong)i);
        }

        for (int i = 0; i < Requests; i++)
        {
            Completion completion = w.Take();
            Assert.True(tags.Add(completion.Tag), $"{completion} came twice.");
            Assert.Equal(0, completion.Result);
        }

        Assert.True(seen() >= 5, "Nothing went wrong.");
        Assert.False(w.Loop.TryTake(out _));
    }

    private static void SubmitAll(EventLoop loop)
    {
        while (loop.Statistics.Backlog != 0 || loop.Engine.Submissions.HasStaged)
        {
            loop.Engine.Enter(0, -1);
        }
    }
}
