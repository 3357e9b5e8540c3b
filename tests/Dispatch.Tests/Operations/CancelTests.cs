namespace Dispatch.Tests;

/// <summary>Cancelling asks; the terminal completion answers.</summary>
public sealed class CancelTests
{
    [Fact]
    public void A_cancelled_await_throws_with_its_token_when_the_kernel_has_answered() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        using CancellationTokenSource source = new();
        ValueTask<int> poll = loop.ExecuteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), source.Token);
        source.Cancel();

        Assert.False(poll.IsCompleted);
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await poll);
        Assert.Equal(source.Token, thrown.CancellationToken);
    });

    [Fact]
    public void A_cancelled_CompleteAsync_says_ECANCELED_and_throws_nothing() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        using CancellationTokenSource source = new();
        ValueTask<Completion> poll = loop.CompleteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), source.Token);
        source.Cancel();

        Assert.Equal(-Errno.ECANCELED, (await poll).Result);
    });

    [Fact]
    public void A_token_that_is_cancelled_already_submits_nothing() => OnLoop.Run(async loop =>
    {
        int inFlight = loop.Statistics.InFlight;
        CancellationToken cancelled = new(canceled: true);
        ValueTask<int> task = loop.ExecuteAsync(IoRequest.Nop(), cancelled);

        Assert.True(task.IsCanceled);
        Assert.Equal(inFlight, loop.Statistics.InFlight);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await task);
        Assert.Equal(-Errno.ECANCELED, (await loop.CompleteAsync(IoRequest.Nop(), cancelled)).Result);
    });

    [Fact]
    public void A_request_that_succeeded_although_it_was_being_cancelled_returns_its_result() => OnLoop.Run(async loop =>
    {
        using CancellationTokenSource source = new();
        ValueTask<int> nop = loop.ExecuteAsync(IoRequest.Nop(), source.Token);
        source.Cancel();

        Assert.Equal(0, await nop);
    });

    [Fact]
    public void A_read_that_had_its_bytes_when_the_cancel_came_returns_them() => OnLoop.Poll(loop =>
    {
        using TestPipe pipe = new();
        using CancellationTokenSource source = new();
        byte[] buffer = new byte[3];
        ValueTask<int> read = loop.ExecuteAsync(IoRequest.Read(pipe.ReadEnd, buffer, -1), source.Token);
        loop.Engine.Enter(0, -1);
        pipe.Write(1, 2, 3);
        loop.Engine.Enter(0, -1); // The completion is in the ring now.
        source.Cancel();
        OnLoop.Until(loop, () => read.IsCompleted);

        Assert.Equal(3, read.Result);
        Assert.Equal([1, 2, 3], buffer);
    });

    [Fact]
    public void A_handle_that_outlived_its_request_does_not_cancel_the_next_tenant_of_the_slot() => OnLoop.Poll(loop =>
    {
        using TestPipe pipe = new();
        Recorder first = new();
        OperationHandle stale = loop.Observe(IoRequest.Nop(), first);
        OnLoop.Until(loop, () => first.IsCompleted);
        Recorder second = new();
        OperationHandle current = loop.Observe(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), second);
        Assert.NotEqual(stale, current);

        Assert.False(stale.IsPending);
        stale.Cancel();
        for (int i = 0; i < 10; i++)
        {
            loop.Submit(IoRequest.Nop(), 1);
            OnLoop.Take(loop);
            loop.Poll();
        }

        Assert.Empty(second.Items);
        pipe.Write(1);
        OnLoop.Until(loop, () => second.IsCompleted);
        Assert.Equal((long)PollEvents.Readable, Assert.Single(second.Items).Result);
    });

    [Fact]
    public void A_token_of_a_request_that_has_ended_does_not_cancel_the_next_tenant() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        using CancellationTokenSource source = new();
        await loop.ExecuteAsync(IoRequest.Nop(), source.Token);
        ValueTask<int> next = loop.ExecuteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable));
        source.Cancel();
        await loop.ExecuteAsync(IoRequest.Nop());
        await loop.ExecuteAsync(IoRequest.Nop());

        Assert.False(next.IsCompleted);
        pipe.Write(1);
        Assert.Equal((int)PollEvents.Readable, await next);
    });

    [Fact]
    public void A_cancel_that_reached_the_kernel_late_answers_nobody() => OnLoop.Poll(loop =>
    {
        using TestPipe pipe = new();
        Recorder first = new();
        OperationHandle handle = loop.Observe(IoRequest.Nop(), first);
        loop.Engine.Enter(0, -1); // Complete in the ring, not delivered.
        handle.Cancel();
        OnLoop.Until(loop, () => first.IsCompleted);
        Recorder second = new();
        loop.Observe(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), second);
        for (int i = 0; i < 10; i++)
        {
            loop.Poll();
        }

        Assert.Empty(second.Items);
        Assert.Equal(0, Assert.Single(first.Items).Result);
        pipe.Write(1);
        OnLoop.Until(loop, () => second.IsCompleted);
    });

    [Fact]
    public void CancelAll_ends_every_request_once_in_whichever_way_it_is_consumed() => OnLoop.Poll(
        loop =>
        {
            using TestPipe pipe = new();
            IoRequest poll = IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable);
            Recorder recorder = new();
            loop.Observe(poll, recorder);
            ValueTask<Completion> awaited = loop.CompleteAsync(poll);
            for (ulong i = 0; i < 8; i++)
            {
                loop.Submit(poll, i); // Half of them over the bound.
            }

            loop.CancelAll();
            OnLoop.Until(loop, () => recorder.IsCompleted && awaited.IsCompleted);
            HashSet<ulong> tags = [];
            for (int i = 0; i < 8; i++)
            {
                Completion completion = OnLoop.Take(loop);
                Assert.Equal(-Errno.ECANCELED, completion.Result);
                Assert.True(tags.Add(completion.Tag));
            }

            Assert.Equal(-Errno.ECANCELED, awaited.Result.Result);
            Assert.Equal(-Errno.ECANCELED, Assert.Single(recorder.Items).Result);
            Assert.False(loop.TryTake(out _));
        },
        new EventLoopOptions { Kernel = TestKernel.Kind, SubmissionEntries = 64, CompletionEntries = 256, RawCapacity = 4 });

    [Fact]
    public void A_deadline_that_passes_throws_TimeoutException() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        TimeoutException thrown = await Assert.ThrowsAsync<TimeoutException>(async () =>
            await loop.ExecuteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable).WithDeadline(TimeSpan.FromMilliseconds(5))));

        Assert.Contains("poll", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("deadline", thrown.Message, StringComparison.Ordinal);
    });

    [Fact]
    public async Task What_became_of_a_request_is_told_by_its_task_too_on_the_owner_and_elsewhere()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, SubmissionEntries = 64, CompletionEntries = 256 });
        EventLoop loop = dispatcher.Loops[0];
        await Check();
        await loop.InvokeAsync(Check);

        async Task Check()
        {
            using TestPipe pipe = new();
            IoRequest poll = IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable);
            using CancellationTokenSource source = new();
            Task late = loop.ExecuteAsync(poll.WithDeadline(TimeSpan.FromMilliseconds(1))).AsTask();
            Task cancelled = loop.ExecuteAsync(poll, source.Token).AsTask();
            Task failed = loop.ExecuteAsync(IoRequest.Close(1_000_000)).AsTask();
            source.Cancel();
            await Task.WhenAll(new[] { late, cancelled, failed }.Select(t => t.ContinueWith(_ => { }, TaskScheduler.Default)));

            Assert.True(late.IsFaulted);
            Assert.IsType<TimeoutException>(late.Exception.InnerException);
            Assert.True(cancelled.IsCanceled);
            Assert.True(failed.IsFaulted);
        }
    }

    [Fact]
    public void A_request_that_succeeds_before_its_deadline_returns_and_its_slot_serves_on() => OnLoop.Run(async loop =>
    {
        Assert.Equal(0, await loop.ExecuteAsync(IoRequest.Nop().WithDeadline(TimeSpan.FromMilliseconds(20))));

        // The same object's next use, past the former deadline.
        using TestPipe pipe = new();
        ValueTask<int> next = loop.ExecuteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable));
        await loop.DelayAsync(TimeSpan.FromMilliseconds(40));
        Assert.False(next.IsCompleted);
        pipe.Write(1);
        await next;
    });

    [Fact]
    public void A_token_before_the_deadline_is_a_cancel_and_no_timeout() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        using CancellationTokenSource source = new();
        ValueTask<int> poll = loop.ExecuteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable).WithDeadline(TimeSpan.FromHours(1)), source.Token);
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await poll);
    });

    [Fact]
    public void A_deadline_longer_than_any_clock_never_passes() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        ValueTask<int> poll = loop.ExecuteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable).WithDeadline(TimeSpan.MaxValue));
        await loop.DelayAsync(TimeSpan.FromMilliseconds(1));
        Assert.False(poll.IsCompleted);
        pipe.Write(1);
        await poll;
    });

    [Fact]
    public void A_deadline_of_nothing_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => IoRequest.Nop().WithDeadline(TimeSpan.Zero));

    [Fact]
    public async Task A_deadline_also_holds_for_a_foreign_caller()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, SubmissionEntries = 64, CompletionEntries = 256 });
        using TestPipe pipe = new();
        await Assert.ThrowsAsync<TimeoutException>(async () =>
            await dispatcher.Loops[0].ExecuteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable).WithDeadline(TimeSpan.FromMilliseconds(5))));
    }
}
