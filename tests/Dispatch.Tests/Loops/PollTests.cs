namespace Dispatch.Tests;

/// <summary>What a poll costs when there is nothing.</summary>
public sealed class PollTests
{
    [Fact]
    public void A_million_empty_polls_enter_no_kernel_and_allocate_nothing() => OnLoop.Poll(loop =>
    {
        Settle(loop);
        long enters = loop.Statistics.Enters;
        long before = GC.GetAllocatedBytesForCurrentThread();
        int done = 0;
        for (int i = 0; i < 1_000_000; i++)
        {
            done += loop.Poll();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(0, done);
        Assert.Equal(enters, loop.Statistics.Enters);
    });

    [Fact]
    public void A_million_empty_takes_enter_no_kernel_and_allocate_nothing() => OnLoop.Poll(loop =>
    {
        Settle(loop);
        long enters = loop.Statistics.Enters;
        long before = GC.GetAllocatedBytesForCurrentThread();
        int done = 0;
        for (int i = 0; i < 1_000_000; i++)
        {
            done += loop.TryTake(out _) ? 1 : 0;
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(0, done);
        Assert.Equal(enters, loop.Statistics.Enters);
    });

    [Fact]
    public void Empty_polls_enter_no_kernel_while_a_timer_waits_and_a_request_is_in_flight() => OnLoop.Poll(loop =>
    {
        using TestPipe pipe = new();
        Recorder recorder = new();
        OperationHandle poll = loop.Observe(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), recorder);
        using ITimer timer = loop.TimeProvider.CreateTimer(_ => { }, null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        Settle(loop);
        long enters = loop.Statistics.Enters;
        for (int i = 0; i < 1_000_000; i++)
        {
            Assert.Equal(0, loop.Poll());
        }

        Assert.Equal(enters, loop.Statistics.Enters);
        poll.Cancel();
        OnLoop.Until(loop, () => recorder.IsCompleted);
    });

    [Fact]
    public void A_batch_goes_to_the_kernel_with_one_enter() => OnLoop.Poll(loop =>
    {
        Settle(loop);
        long enters = loop.Statistics.Enters;
        for (ulong i = 0; i < 16; i++)
        {
            loop.Submit(IoRequest.Nop(), i);
        }

        for (ulong i = 0; i < 16; i++)
        {
            Assert.True(loop.TryTake(out Completion completion));
            Assert.Equal(i, completion.Tag);
        }

        Assert.Equal(enters + 1, loop.Statistics.Enters);
    });

    [Fact]
    public void A_poll_says_how_much_it_did() => OnLoop.Poll(loop =>
    {
        Settle(loop);
        loop.Post(() => { });
        loop.Post(() => { });

        Assert.Equal(2, loop.Poll());
        Assert.Equal(0, loop.Poll());
    });

    private static void Settle(EventLoop loop)
    {
        for (int i = 0; i < 100; i++)
        {
            loop.Poll();
            loop.TryTake(out _);
        }
    }
}
