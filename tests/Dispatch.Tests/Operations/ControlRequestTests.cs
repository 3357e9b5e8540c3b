using System.Runtime.InteropServices;

namespace Dispatch.Tests;

/// <summary>Requests about readiness, time, other requests, other loops and futexes: each does what its name says.</summary>
public sealed class ControlRequestTests
{
    [Fact]
    public void A_timeout_completes_with_ETIME_after_its_time() => OnLoop.Run(async loop =>
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        Completion completion = await loop.CompleteAsync(IoRequest.Timeout(TimeSpan.FromMilliseconds(30)));

        Assert.Equal(-Errno.ETIME, completion.Result);
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(30));
    });

    [Fact]
    public void A_multishot_timeout_completes_until_it_is_cancelled() => OnLoop.Poll(loop =>
    {
        Recorder recorder = new();
        OperationHandle ticks = loop.Observe(IoRequest.Timeout(TimeSpan.FromMilliseconds(1), TimeoutFlags.Multishot), recorder);
        OnLoop.Until(loop, () => recorder.Items.Count >= 3);
        ticks.Cancel();
        OnLoop.Until(loop, () => recorder.IsCompleted);

        Assert.All(recorder.Items.SkipLast(1), c => Assert.True(c.HasMore && c.Result == -Errno.ETIME));
        Assert.Equal(-Errno.ECANCELED, recorder.Items[^1].Result);
    });

    [Fact]
    public void A_poll_completes_with_the_events_when_there_is_something_to_read() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        ValueTask<int> poll = loop.ExecuteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable));
        await loop.ExecuteAsync(IoRequest.Nop());
        Assert.False(poll.IsCompleted);
        pipe.Write(1);

        Assert.Equal(PollEvents.Readable, (PollEvents)await poll);
    });

    [Fact]
    public void A_poll_reports_a_hang_up_unasked() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        ValueTask<int> poll = loop.ExecuteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable));
        pipe.CloseWriteEnd();

        Assert.Equal(PollEvents.HangUp, (PollEvents)await poll & PollEvents.HangUp);
    });

    [Fact]
    public void A_multishot_poll_reports_every_arrival_and_ends_when_it_is_cancelled() => OnLoop.Poll(loop =>
    {
        using TestPipe pipe = new();
        Recorder recorder = new();
        OperationHandle poll = loop.Observe(IoRequest.PollMultishot(pipe.ReadEnd, PollEvents.Readable), recorder);
        for (int i = 1; i <= 5; i++)
        {
            pipe.Write((byte)i);
            OnLoop.Until(loop, () => recorder.Items.Count == i);
            pipe.Drain(1);
        }

        Assert.All(recorder.Items, c => Assert.True(c.HasMore && ((PollEvents)c.Result).HasFlag(PollEvents.Readable)));
        Assert.True(poll.IsPending);
        poll.Cancel();
        OnLoop.Until(loop, () => recorder.IsCompleted);
        Assert.Equal(-Errno.ECANCELED, recorder.Items[^1].Result);
        Assert.False(poll.IsPending);
    });

    [Fact]
    public void A_cancel_by_tag_ends_the_request_and_says_so() => OnLoop.Poll(loop =>
    {
        using TestPipe pipe = new();
        loop.Submit(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), 7);
        loop.Submit(IoRequest.Cancel(7), 8);
        Completion[] both = [OnLoop.Take(loop), OnLoop.Take(loop)];

        Assert.Contains(both, c => c.Tag == 7 && c.Result == -Errno.ECANCELED);
        Assert.Contains(both, c => c.Tag == 8 && c.Result == 0);
    });

    [Fact]
    public void A_cancel_by_tag_also_finds_a_request_that_lends_memory() => OnLoop.Poll(loop =>
    {
        using TestPipe pipe = new();
        loop.Submit(IoRequest.Read(pipe.ReadEnd, new byte[8], -1), 7);
        loop.Submit(IoRequest.Cancel(7), 8);
        Completion[] both = [OnLoop.Take(loop), OnLoop.Take(loop)];

        Assert.Contains(both, c => c.Tag == 7 && c.Result == -Errno.ECANCELED);
        Assert.Contains(both, c => c.Tag == 8 && c.Result == 0);
    });

    [Fact]
    public void A_cancel_by_a_tag_that_nobody_has_answers_ENOENT() => OnLoop.Run(async loop =>
        Assert.Equal(-Errno.ENOENT, (await loop.CompleteAsync(IoRequest.Cancel(99))).Result));

    [Fact]
    public void A_cancel_by_descriptor_ends_all_its_requests_and_counts_them() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        using TestPipe other = new();
        Task<Completion>[] polls = [.. Enumerable.Range(0, 3).Select(_ => loop.CompleteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable)).AsTask())];
        ValueTask<int> unharmed = loop.ExecuteAsync(IoRequest.Poll(other.ReadEnd, PollEvents.Readable));

        Assert.Equal(3, await loop.ExecuteAsync(IoRequest.CancelAll(pipe.ReadEnd)));
        Assert.All(await Task.WhenAll(polls), c => Assert.Equal(-Errno.ECANCELED, c.Result));

        Assert.False(unharmed.IsCompleted);
        other.Write(1);
        await unharmed;
    });

    [Fact]
    public async Task A_message_travels_from_ring_to_ring_with_tag_and_result()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 2, SubmissionEntries = 64, CompletionEntries = 256 });
        EventLoop sender = dispatcher.Loops[0];
        EventLoop receiver = dispatcher.Loops[1];
        TaskCompletionSource<(Completion Completion, EventLoop? On)> received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Recorder recorder = new() { Then = c => received.TrySetResult((c, EventLoop.Current)) };
        await receiver.InvokeAsync(() => { receiver.Completions.Subscribe(recorder); });
        long handOffs = receiver.Statistics.HandOffs;

        Assert.Equal(0, await sender.InvokeAsync(async () => await sender.ExecuteAsync(IoRequest.Message(receiver, 42, -7))));
        (Completion completion, EventLoop? on) = await received.Task.WaitAsync(OnLoop.Guard);

        Assert.Equal(42UL, completion.Tag);
        Assert.Equal(-7, completion.Result);
        Assert.Same(receiver, on);
        Assert.Equal(handOffs, receiver.Statistics.HandOffs);
        Assert.Equal(1, receiver.Statistics.InFlight);
    }

    [Fact]
    public void A_message_that_is_polled_for_does_not_count_as_a_request_of_the_receiver() => OnLoop.Poll(receiver =>
    {
        OnLoop.Poll(sender =>
        {
            for (ulong i = 0; i < 10; i++)
            {
                sender.Submit(IoRequest.Message(receiver, 100 + i, (int)i), i);
                Assert.Equal(0, OnLoop.Take(sender).Result);
            }
        });
        for (ulong i = 0; i < 10; i++)
        {
            Completion completion = OnLoop.Take(receiver);
            Assert.Equal((100 + i, (long)i), (completion.Tag, completion.Result));
        }

        Assert.Equal(1, receiver.Statistics.InFlight);
    });

    [Fact]
    public void A_message_to_a_loop_that_has_ended_is_an_error() => OnLoop.Poll(sender =>
    {
        EventLoop? ended = null;
        OnLoop.Poll(loop => ended = loop);
        IoRequest message = IoRequest.Message(ended!, 1, 1);

        Assert.Throws<ObjectDisposedException>(() => sender.Submit(message, 2));
        Assert.Equal(0, sender.Statistics.InFlight - 1); // The loop's own wake-up request.
    });

    [Fact]
    public void A_futex_wait_ends_when_the_word_is_woken_and_the_wake_counts_it() => OnLoop.Run(async loop =>
    {
        nint word = Marshal.AllocHGlobal(4);
        try
        {
            Marshal.WriteInt32(word, 5);
            Task<int> wait = loop.ExecuteAsync(IoRequest.FutexWait(word, 5)).AsTask();
            await loop.ExecuteAsync(IoRequest.Nop());
            Assert.False(wait.IsCompleted);

            Assert.Equal(1, await loop.ExecuteAsync(IoRequest.FutexWake(word)));
            Assert.Equal(0, await wait);
            Assert.Equal(0, await loop.ExecuteAsync(IoRequest.FutexWake(word)));
        }
        finally
        {
            Marshal.FreeHGlobal(word);
        }
    });

    [Fact]
    public void A_futex_wait_for_another_value_answers_EAGAIN() => OnLoop.Run(async loop =>
    {
        nint word = Marshal.AllocHGlobal(4);
        try
        {
            Marshal.WriteInt32(word, 5);
            Assert.Equal(-Errno.EAGAIN, (await loop.CompleteAsync(IoRequest.FutexWait(word, 6, FutexScope.Shared))).Result);
        }
        finally
        {
            Marshal.FreeHGlobal(word);
        }
    });

    [Fact]
    public void A_request_may_be_sent_any_number_of_times_at_once() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        IoRequest poll = IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable);
        Task<int>[] all = [.. Enumerable.Range(0, 100).Select(_ => loop.ExecuteAsync(poll).AsTask())];
        pipe.Write(1);

        Assert.All(await Task.WhenAll(all), r => Assert.Equal((int)PollEvents.Readable, r));
    });

    [Fact]
    public void A_priority_is_taken_by_file_requests_and_refused_by_socket_requests() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllBytes(folder["f"], [1, 2, 3]);
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(folder["f"]);
        const ushort BestEffort4 = (2 << 13) | 4;
        const ushort NoSuchClass = 7 << 13;

        Assert.Equal(3, await loop.ExecuteAsync(IoRequest.Read(file, new byte[8], 0).WithPriority(BestEffort4)));
        Assert.Equal(-Errno.EINVAL, (await loop.CompleteAsync(IoRequest.Read(file, new byte[8], 0).WithPriority(NoSuchClass))).Result);
        Assert.Throws<InvalidOperationException>(() => IoRequest.Receive(0, new byte[1]).WithPriority(BestEffort4));
    });
}
