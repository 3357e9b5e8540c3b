namespace Dispatch.Tests;

/// <summary>The smallest request, in each of the ways in which one can be consumed.</summary>
public sealed class NopTests
{
    [Fact]
    public void An_awaited_nop_returns_0_on_the_owners_thread() => OnLoop.Run(async loop =>
    {
        int thread = Environment.CurrentManagedThreadId;

        Assert.Equal(0, await loop.ExecuteAsync(IoRequest.Nop()));

        Assert.Equal(thread, Environment.CurrentManagedThreadId);
        Assert.True(loop.IsOwner);
    });

    [Fact]
    public void A_nop_is_not_complete_before_it_is_awaited() => OnLoop.Run(async loop =>
    {
        ValueTask<int> nop = loop.ExecuteAsync(IoRequest.Nop());
        Assert.False(nop.IsCompleted);
        await nop;
    });

    [Fact]
    public void An_awaited_completion_has_result_0_and_no_flags() => OnLoop.Run(async loop =>
        Assert.Equal(new Completion(0, 0, CompletionFlags.None), await loop.CompleteAsync(IoRequest.Nop())));

    [Fact]
    public void A_failure_is_in_the_completion_and_not_thrown() => OnLoop.Run(async loop =>
    {
        ValueTask<Completion> task = loop.CompleteAsync(IoRequest.Close(1_000_000));
        await Task.Yield();
        Completion completion = await task;

        Assert.True(completion.IsError);
        Assert.Equal(Errno.EBADF, completion.ErrorNumber);
        Assert.Equal(-Errno.EBADF, completion.Result);
    });

    [Fact]
    public void A_completion_that_says_failure_is_itself_a_success_of_its_task() => OnLoop.Poll(loop =>
    {
        ValueTask<Completion> task = loop.CompleteAsync(IoRequest.Close(1_000_000));
        OnLoop.Until(loop, () => task.IsCompleted);

        Assert.True(task.IsCompletedSuccessfully);
        Assert.False(task.IsFaulted);
        Assert.True(task.Result.IsError);
    });

    [Fact]
    public void An_awaited_failure_is_thrown_with_the_call_and_the_errno() => OnLoop.Run(async loop =>
    {
        IOException thrown = await Assert.ThrowsAsync<IOException>(async () => await loop.ExecuteAsync(IoRequest.Close(1_000_000)));

        Assert.Equal(Errno.EBADF, thrown.HResult);
        Assert.Contains("close", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("EBADF", thrown.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void An_observed_nop_brings_one_item_and_the_end_on_the_owners_thread() => OnLoop.Poll(loop =>
    {
        Recorder recorder = new();
        using IDisposable subscription = loop.Observe(IoRequest.Nop()).Subscribe(recorder);
        OnLoop.Until(loop, () => recorder.IsCompleted);

        Assert.Equal([new Completion(0, 0, CompletionFlags.None)], recorder.Items);
        Assert.Equal([Environment.CurrentManagedThreadId], recorder.Threads);
    });

    [Fact]
    public void Every_subscription_submits_the_request_once() => OnLoop.Poll(loop =>
    {
        IObservable<Completion> nop = loop.Observe(IoRequest.Nop());
        Recorder first = new();
        Recorder second = new();
        nop.Subscribe(first);
        nop.Subscribe(second);
        OnLoop.Until(loop, () => first.IsCompleted && second.IsCompleted);

        Assert.Single(first.Items);
        Assert.Single(second.Items);
    });

    [Fact]
    public void An_observed_failure_is_an_item_and_no_error_of_the_stream() => OnLoop.Poll(loop =>
    {
        Recorder recorder = new();
        loop.Observe(IoRequest.Close(1_000_000), recorder);
        OnLoop.Until(loop, () => recorder.IsCompleted);

        Assert.Equal(-Errno.EBADF, Assert.Single(recorder.Items).Result);
        Assert.Null(recorder.Error);
    });

    [Fact]
    public void A_raw_nop_comes_back_under_its_tag() => OnLoop.Poll(loop =>
    {
        ulong largest = (1UL << 63) - 1;
        loop.Submit(IoRequest.Nop(), 0);
        loop.Submit(IoRequest.Nop(), largest);

        Assert.Equal(new Completion(0, 0, CompletionFlags.None), OnLoop.Take(loop));
        Assert.Equal(new Completion(largest, 0, CompletionFlags.None), OnLoop.Take(loop));
        Assert.False(loop.TryTake(out _));
    });

    [Fact]
    public void A_tag_of_64_bits_is_refused() => OnLoop.Poll(loop =>
    {
        ArgumentOutOfRangeException thrown = Assert.Throws<ArgumentOutOfRangeException>(() => loop.Submit(IoRequest.Nop(), 1UL << 63));
        Assert.Contains("63 bits", thrown.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void Each_of_many_nops_completes_once() => OnLoop.Poll(loop =>
    {
        const int Count = 10_000;
        int[] seen = new int[Count];
        for (int i = 0; i < Count; i++)
        {
            loop.Submit(IoRequest.Nop(), (ulong)i);
        }

        for (int i = 0; i < Count; i++)
        {
            seen[OnLoop.Take(loop).Tag]++;
        }

        Assert.All(seen, n => Assert.Equal(1, n));
        Assert.False(loop.TryTake(out _));
        Assert.Equal(1, loop.Statistics.InFlight); // The loop's own wake-up request.
        Assert.Equal(0, loop.Statistics.Late);
    });
}
