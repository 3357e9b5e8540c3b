using Dispatch.Tests.Kernel;

namespace Dispatch.Tests;

/// <summary>A request on its way from one wait to the next is found by no cancel. What was asked for is asked for again.</summary>
public sealed class MissedCancelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(Cancellation.MaxMisses)]
    public void An_await_ends_although_its_cancel_missed(int misses) => On((loop, ring) => OnLoop.Drive(loop, async () =>
    {
        using TestPipe pipe = new();
        using CancellationTokenSource source = new();
        ring.CancelsToMiss = misses;
        ValueTask<int> pending = loop.ExecuteAsync(IoRequest.Read(pipe.ReadEnd, new byte[8], -1), source.Token);
        await loop.ExecuteAsync(IoRequest.Nop());
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await pending);
        Assert.Equal(misses + 1, ring.CancelsSeen);
    }));

    [Fact]
    public void A_request_that_is_never_found_is_given_up_and_not_asked_for_ever() => On((loop, ring) => OnLoop.Drive(loop, async () =>
    {
        using TestPipe pipe = new();
        using CancellationTokenSource source = new();
        ring.CancelsToMiss = int.MaxValue;
        ValueTask<int> pending = loop.ExecuteAsync(IoRequest.Read(pipe.ReadEnd, new byte[8], -1), source.Token);
        source.Cancel();
        for (int i = 0; i < 4 * Cancellation.MaxMisses; i++)
        {
            await loop.ExecuteAsync(IoRequest.Nop());
        }

        Assert.Equal(Cancellation.MaxMisses + 1, ring.CancelsSeen);
        pipe.Write(1, 2);
        Assert.Equal(2, await pending);
        ring.CancelsToMiss = 0;
    }));

    [Fact]
    public void A_multishot_that_goes_on_after_its_cancel_was_given_up_is_asked_again() => On((loop, ring) =>
    {
        using TestPipe pipe = new();
        Recorder recorder = new();
        OperationHandle handle = loop.Observe(IoRequest.PollMultishot(pipe.ReadEnd, PollEvents.Readable), recorder);
        loop.Poll();
        ring.CancelsToMiss = Cancellation.MaxMisses + 1;
        handle.Cancel();
        OnLoop.Until(loop, () => ring.CancelsToMiss == 0);
        pipe.Write(1);
        OnLoop.Until(loop, () => recorder.Items.Count >= 2);
        Assert.Equal(-Errno.ECANCELED, recorder.Items[^1].Result);
    });

    [Fact]
    public void CancelAll_ends_what_its_cancel_went_past() => On((loop, ring) => OnLoop.Drive(loop, async () =>
    {
        using TestPipe pipe = new();
        ring.CancelsToMiss = 2;
        Task<Completion>[] pending = [.. Enumerable.Range(0, 3).Select(_ => loop.CompleteAsync(IoRequest.Read(pipe.ReadEnd, new byte[8], -1)).AsTask())];
        loop.CancelAll();
        Completion[] answers = await Task.WhenAll(pending);
        Assert.All(answers, a => Assert.Equal(-Errno.ECANCELED, a.Result));
    }));

    [Fact]
    public void A_raw_request_ends_although_the_cancel_of_its_tag_missed() => On((loop, ring) =>
    {
        using TestPipe pipe = new();
        ring.CancelsToMiss = 1;
        loop.Submit(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), 77);
        loop.Poll();
        loop.Cancel(77);
        Completion taken = OnLoop.Take(loop);
        Assert.Equal((77UL, -Errno.ECANCELED), (taken.Tag, taken.Result));
        Assert.Equal(2, ring.CancelsSeen);
    });

    private static void On(Action<EventLoop, FaultyRing> test)
    {
        FaultyRing? ring = null;
        EventLoopOptions options = OnLoop.Small;
        options.KernelRingFactory = () => ring = new FaultyRing(OnLoop.Small);
        OnLoop.Poll(loop => test(loop, ring!), options);
    }
}
