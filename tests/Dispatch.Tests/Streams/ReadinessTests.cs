namespace Dispatch.Tests.Streams;

/// <summary>The readiness of descriptors.</summary>
public sealed class ReadinessTests
{
    [Fact]
    public void What_becomes_ready_is_told_and_what_is_ready_already_is_told_at_once() => OnLoop.Poll(loop =>
    {
        using TestPipe pipe = new();
        pipe.Write(1);
        Readiness readiness = Readiness.Watch(pipe.ReadEnd, PollEvents.Readable, loop);
        Taker<PollEvents, PollEvents> taker = Taker.Of<PollEvents>();
        IDisposable subscription = readiness.Subscribe(taker);
        OnLoop.Until(loop, () => taker.Items.Count == 1);
        pipe.Drain(1);
        pipe.Write(2);
        OnLoop.Until(loop, () => taker.Items.Count == 2);
        subscription.Dispose();
        OnLoop.Until(loop, () => loop.Statistics.InFlight == 1); // The poll has ended; what is left is the loop's own.
        Assert.Equal([PollEvents.Readable, PollEvents.Readable], taker.Items);
        Assert.False(taker.IsCompleted);
    });

    [Fact]
    public void Events_that_come_while_the_reader_is_busy_become_one_item() => OnLoop.Poll(loop =>
    {
        using TestPipe pipe = new();
        IAsyncEnumerator<PollEvents> reader = Readiness.Watch(pipe.ReadEnd, PollEvents.Readable, loop).ReadAllAsync().GetAsyncEnumerator();
        ValueTask<bool> first = reader.MoveNextAsync();
        pipe.Write(1);
        OnLoop.Until(loop, () => first.IsCompleted);
        Assert.True(first.Result);
        Assert.Equal(PollEvents.Readable, reader.Current);
        for (int i = 0; i < 20; i++)
        {
            pipe.Write(2);
            loop.Poll();
        }

        pipe.CloseWriteEnd();
        for (int i = 0; i < 20; i++)
        {
            loop.Submit(IoRequest.Nop(), 1);
            OnLoop.Take(loop);
            loop.Poll();
        }

        ValueTask<bool> second = reader.MoveNextAsync();
        Assert.True(second.IsCompletedSuccessfully && second.Result);
        Assert.Equal(PollEvents.Readable | PollEvents.HangUp, reader.Current);
        ValueTask<bool> third = reader.MoveNextAsync();
        Assert.False(third.IsCompleted);
        _ = reader.DisposeAsync();
    });

    [Fact]
    public void Resubscribing_inside_OnNext_arms_again_and_tells_what_is_still_ready() => OnLoop.Poll(loop =>
    {
        using TestPipe pipe = new();
        Readiness readiness = Readiness.Watch(pipe.ReadEnd, PollEvents.Readable, loop);
        int left = 100;
        IDisposable? subscription = null;
        Subscribe();
        pipe.Write(1);
        OnLoop.Until(loop, () => left == 0);
        subscription!.Dispose();
        OnLoop.Until(loop, () => loop.Statistics.InFlight == 1);

        void Subscribe() => subscription = readiness.Subscribe(Taker.Of<PollEvents>(_ =>
        {
            subscription!.Dispose();
            if (--left > 0)
            {
                Subscribe();
            }
        }));
    });

    [Fact]
    public void A_descriptor_that_is_not_open_ends_the_stream_with_an_error() => OnLoop.Poll(loop =>
    {
        Taker<PollEvents, PollEvents> taker = Taker.Of<PollEvents>();
        Readiness.Watch(987_654, PollEvents.Readable, loop).Subscribe(taker);
        OnLoop.Until(loop, () => taker.IsEnded);
        Assert.Contains("EBADF", taker.Error!.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_closed_handle_ends_the_stream_with_an_error() => OnLoop.Poll(loop =>
    {
        using TestPipe pipe = new();
        Microsoft.Win32.SafeHandles.SafePipeHandle handle = new(pipe.ReadEnd, ownsHandle: false);
        handle.Dispose();
        Taker<PollEvents, PollEvents> taker = Taker.Of<PollEvents>();
        Readiness.Watch(handle, PollEvents.Readable, loop).Subscribe(taker);
        OnLoop.Until(loop, () => taker.IsEnded);
        Assert.IsType<ObjectDisposedException>(taker.Error);
    });
}
