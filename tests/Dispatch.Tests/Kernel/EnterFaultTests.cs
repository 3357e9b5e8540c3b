namespace Dispatch.Tests.Kernel;

/// <summary>What a loop does when an enter fails.</summary>
public sealed class EnterFaultTests
{
    [Theory]
    [InlineData(Errno.EBUSY)]
    [InlineData(Errno.EAGAIN)]
    [InlineData(Errno.EINTR)]
    [InlineData(Errno.ENOMEM)]
    public void A_loop_whose_enter_is_put_off_submits_everything_later_and_once(int errno)
    {
        const int Requests = 300;
        OnThread.Run(() =>
        {
            FaultyRing? ring = null;
            EventLoopOptions options = RawRing.Options(8, 16, 4);
            options.KernelRingFactory = () => ring = new FaultyRing(RawRing.Options(8, 16, 4));
            using EventLoop loop = EventLoop.Attach(options);
            HashSet<ulong> tags = [];
            for (ulong i = 0; i < Requests; i++)
            {
                if (i % 40 == 0)
                {
                    ring!.Fault = (errno, 5);
                }

                loop.Submit(IoRequest.Nop(), i);
            }

            Native.WaitUntil(
                () =>
                {
                    loop.Poll();
                    while (loop.TryTake(out Completion completion))
                    {
                        Assert.True(tags.Add(completion.Tag));
                        Assert.Equal(0, completion.Result);
                    }

                    return tags.Count == Requests;
                },
                "Not every request completed.");
            Assert.True(ring!.FaultsSeen >= 5);
        });
    }

    [Theory]
    [InlineData(Errno.EAGAIN, true)]
    [InlineData(Errno.EBUSY, true)]
    [InlineData(Errno.EINTR, false)]
    public async Task A_parked_loop_whose_wait_is_put_off_parks_again_and_can_be_woken(int errno, bool pauses)
    {
        FaultyRing? ring = null;
        DispatcherOptions options = new()
        {
            LoopCount = 1,
            KernelRingFactory = () => ring = new FaultyRing(RawRing.Options(8, 16, 4)) { Fault = (errno, 1000) },
        };
        await using Dispatcher dispatcher = Dispatcher.Create(options);

        int result = await dispatcher.Loops[0].ExecuteAsync(IoRequest.Nop(), TestContext.Current.CancellationToken)
            .AsTask().WaitAsync(RawRing.Guard, TestContext.Current.CancellationToken);

        Assert.Equal((0, 1000), (result, ring!.FaultsSeen));
        Assert.Equal(pauses, dispatcher.Loops[0].Engine.Counters.RefusalPauses > 500); // Refused again and again, it does not ask without a pause.
    }

    [Fact]
    public async Task A_loop_whose_ring_fails_for_good_ends_with_the_errno_and_does_not_take_the_process_along()
    {
        FaultyRing? ring = null;
        DispatcherOptions options = new()
        {
            LoopCount = 1,
            KernelRingFactory = () => ring = new FaultyRing(RawRing.Options(8, 16, 4)),
        };
        Dispatcher dispatcher = Dispatcher.Create(options);
        EventLoop loop = dispatcher.Loops[0];
        using Pipe pipe = new();
        Task<int> read = loop.ExecuteAsync(IoRequest.Read(pipe.ReadEnd, new byte[1], -1), TestContext.Current.CancellationToken).AsTask();
        await loop.InvokeAsync(() => ring!.Fault = (Errno.EBADR, int.MaxValue));

        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(() => loop.Completed.WaitAsync(RawRing.Guard, TestContext.Current.CancellationToken));

        Assert.Contains("EBADR", e.Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(RawRing.Guard, TestContext.Current.CancellationToken));
        await dispatcher.DisposeAsync();
    }

    [Fact]
    public void A_ring_that_fails_while_its_loop_is_disposed_fails_the_end_of_the_loop()
    {
        OnThread.Run(() =>
        {
            FaultyRing? ring = null;
            EventLoopOptions options = RawRing.Options(8, 16, 4);
            options.KernelRingFactory = () => ring = new FaultyRing(RawRing.Options(8, 16, 4));
            EventLoop loop = EventLoop.Attach(options);
            using Pipe pipe = new();
            loop.Submit(IoRequest.Read(pipe.ReadEnd, new byte[1], -1), 1);
            loop.Poll();
            ring!.Fault = (Errno.EBADR, int.MaxValue);

            loop.Dispose();

            Assert.True(loop.Completed.IsFaulted);
            Assert.Contains("EBADR", loop.Completed.Exception!.InnerException!.Message, StringComparison.Ordinal);
        });
    }
}
