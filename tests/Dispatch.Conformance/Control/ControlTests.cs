using System.Runtime.InteropServices;

namespace Dispatch.Conformance.Control;

/// <summary>Requests about readiness, time, other requests, other loops and futexes.</summary>
public sealed class ControlTests : KernelTests
{
    private static readonly TimeSpan Never = TimeSpan.FromHours(1);

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.Nop))]
    public void A_nop_completes_raw_awaited_and_observed(TestedKernel kernel) => Poll(kernel, w =>
    {
        Recorder<Completion> observed = new();
        w.Loop.Observe(IoRequest.Nop(), observed);
        ValueTask<int> awaited = w.Loop.ExecuteAsync(IoRequest.Nop());
        w.Loop.Submit(IoRequest.Nop(), 77);
        w.Until(() => observed.IsCompleted && awaited.IsCompleted);
        Assert.Equal(0, awaited.Result);
        Assert.Equal(0, Assert.Single(observed.Items).Result);
        Assert.Equal(new Completion(77, 0, CompletionFlags.None), w.Take());
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.Timeout))]
    public void Timeouts_end_by_their_times_and_not_by_their_order(TestedKernel kernel) => Poll(kernel, w =>
    {
        w.Loop.Submit(IoRequest.Timeout(Never), 1);
        w.Loop.Submit(IoRequest.Timeout(TimeSpan.FromMilliseconds(2)), 2);
        w.Loop.Submit(IoRequest.Timeout(TimeSpan.Zero), 3);
        w.Loop.Submit(IoRequest.Timeout(TimeSpan.FromTicks(1), TimeoutFlags.Absolute), 4);
        Completion[] ended = w.Take(3);
        Assert.Equal([2UL, 3UL, 4UL], ended.Select(c => c.Tag).Order());
        Assert.All(ended, c => Assert.Equal(-Errno.ETIME, c.Result));
        w.Loop.Cancel(1);
        Assert.Equal(new Completion(1, -Errno.ECANCELED, CompletionFlags.None), w.Take());
    });

    [Theory]
    [EveryKernel]
    public void A_timeout_does_not_end_before_its_time(TestedKernel kernel) => Run(kernel, async w =>
    {
        TimeProvider clock = w.Loop.Engine.Ring.Clock;
        foreach (int milliseconds in (int[])[1, 5, 20])
        {
            long start = clock.GetTimestamp();
            Assert.Equal(-Errno.ETIME, await w.Do(IoRequest.Timeout(TimeSpan.FromMilliseconds(milliseconds))));
            Assert.True(clock.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(milliseconds));
            start = clock.GetTimestamp();
            await w.Loop.DelayAsync(TimeSpan.FromMilliseconds(milliseconds));
            Assert.True(clock.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(milliseconds));
        }
    });

    [Theory]
    [EveryKernel]
    public void A_multishot_timeout_comes_again_until_it_is_cancelled(TestedKernel kernel) => Poll(kernel, w =>
    {
        Recorder<Completion> ticks = new();
        OperationHandle timeout = w.Loop.Observe(IoRequest.Timeout(TimeSpan.FromMilliseconds(1), TimeoutFlags.Multishot), ticks);
        w.Until(() => ticks.Items.Count >= 3);
        timeout.Cancel();
        w.Until(() => ticks.IsCompleted);
        Assert.All(ticks.Items.SkipLast(1), c => Assert.True(c.HasMore && c.Result == -Errno.ETIME));
        Assert.Equal(new Completion(0, -Errno.ECANCELED, CompletionFlags.None), ticks.Items[^1]);
    });

    [Theory]
    [EveryKernel]
    public void Delays_end_in_the_order_of_their_times(TestedKernel kernel) => Run(kernel, async w =>
    {
        // Begun in the order of their ends, so that no pause of this thread between two of them changes it.
        List<int> ended = [];
        using CancellationTokenSource source = new();
        Task never = w.Loop.DelayAsync(Never, source.Token).AsTask();
        await Task.WhenAll(((int[])[1, 2, 3, 4, 5]).Select(async i =>
        {
            await w.Loop.DelayAsync(TimeSpan.FromMilliseconds(i));
            ended.Add(i);
        }));
        Assert.Equal([1, 2, 3, 4, 5], ended);
        Assert.False(never.IsCompleted);
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => never);
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.Poll))]
    public void A_poll_waits_for_its_events_and_reports_a_hang_up_unasked(TestedKernel kernel) => Run(kernel, async w =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        Assert.Equal(PollEvents.Writable, (PollEvents)await w.Do(IoRequest.Poll(writeEnd, PollEvents.Writable)));
        Task<int> poll = w.Do(IoRequest.Poll(readEnd, PollEvents.Readable));
        await w.Turn(3);
        Assert.False(poll.IsCompleted);
        Assert.Equal(1, await w.Do(IoRequest.Write(writeEnd, new byte[1], -1)));
        Assert.Equal(PollEvents.Readable, (PollEvents)await poll);
        Assert.Equal(PollEvents.Readable, (PollEvents)await w.Do(IoRequest.Poll(readEnd, PollEvents.Readable)));
        Assert.Equal(1, await w.Do(IoRequest.Read(readEnd, new byte[4], -1)));
        poll = w.Do(IoRequest.Poll(readEnd, PollEvents.Readable));
        await w.Turn(3);
        Assert.False(poll.IsCompleted);
        await w.Close(writeEnd);
        Assert.Equal(PollEvents.HangUp, (PollEvents)await poll);
        await w.Close(readEnd);
        Assert.Equal(-Errno.EBADF, await w.Do(IoRequest.Poll(readEnd, PollEvents.Readable)));
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.PollMultishot))]
    public void A_multishot_poll_reports_every_arrival_until_it_is_cancelled(TestedKernel kernel) => Poll(kernel, w =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        Recorder<Completion> events = new();
        OperationHandle poll = w.Loop.Observe(IoRequest.PollMultishot(readEnd, PollEvents.Readable), events);
        for (int i = 1; i <= 5; i++)
        {
            w.Drive(async () => Assert.Equal(1, await w.Do(IoRequest.Write(writeEnd, new byte[1], -1))));
            w.Until(() => events.Items.Count >= i);
            w.Drive(async () => Assert.Equal(1, await w.Do(IoRequest.Read(readEnd, new byte[4], -1))));
        }

        Assert.All(events.Items, c => Assert.True(c.HasMore && ((PollEvents)c.Result).HasFlag(PollEvents.Readable)));
        Assert.True(poll.IsPending);
        poll.Cancel();
        w.Until(() => events.IsCompleted);
        Assert.Equal(-Errno.ECANCELED, events.Items[^1].Result);
        w.Drive(() => w.Close(readEnd, writeEnd));
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.Cancel))]
    public void A_cancel_by_tag_ends_the_request_and_says_so_or_says_that_there_is_none(TestedKernel kernel) => Poll(kernel, w =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        foreach (IoRequest request in (IoRequest[])[IoRequest.Poll(readEnd, PollEvents.Readable), IoRequest.Read(readEnd, new byte[8], -1), IoRequest.Timeout(Never)])
        {
            w.Loop.Submit(request, 7);
            w.Loop.Submit(IoRequest.Cancel(7), 8);
            Completion[] both = w.Take(2);
            Assert.Contains(both, c => c.Tag == 7 && c.Result == -Errno.ECANCELED);
            Assert.Contains(both, c => c.Tag == 8 && c.Result == 0);
        }

        w.Loop.Submit(IoRequest.Cancel(7), 9);
        Assert.Equal(new Completion(9, -Errno.ENOENT, CompletionFlags.None), w.Take());
        w.Drive(() => w.Close(readEnd, writeEnd));
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.CancelAll))]
    public void A_cancel_by_descriptor_ends_all_its_requests_and_counts_them(TestedKernel kernel) => Run(kernel, async w =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        (int otherReadEnd, int otherWriteEnd) = w.Pipe();
        Task<int>[] polls = [.. Enumerable.Range(0, 3).Select(_ => w.Do(IoRequest.Poll(readEnd, PollEvents.Readable)))];
        Task<int> unharmed = w.Do(IoRequest.Poll(otherReadEnd, PollEvents.Readable));
        await w.Turn(2);
        Assert.Equal(3, await w.Do(IoRequest.CancelAll(readEnd)));
        Assert.All(await Task.WhenAll(polls), r => Assert.Equal(-Errno.ECANCELED, r));
        Assert.Equal(0, await w.Do(IoRequest.CancelAll(readEnd)));
        Assert.False(unharmed.IsCompleted);
        Assert.Equal(1, await w.Do(IoRequest.Write(otherWriteEnd, new byte[1], -1)));
        Assert.Equal(PollEvents.Readable, (PollEvents)await unharmed);
        await w.Close(readEnd, writeEnd, otherReadEnd, otherWriteEnd);
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.Message))]
    public void A_message_travels_from_loop_to_loop_with_tag_and_result_in_order(TestedKernel kernel) => Run(kernel, async w =>
    {
        const int Messages = 50;
        EventLoop other = w.Another();
        TaskCompletionSource<bool> all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<(ulong Tag, long Result, EventLoop? On)> received = [];
        await other.InvokeAsync(() => other.Completions.Subscribe(new Recorder<Completion>(c =>
        {
            received.Add((c.Tag, c.Result, EventLoop.Current));
            if (received.Count == Messages)
            {
                all.SetResult(true);
            }
        })));
        for (int i = 0; i < Messages; i++)
        {
            Assert.Equal(0, await w.Do(IoRequest.Message(other, (ulong)(100 + i), -i)));
        }

        Assert.True(await all.Task);
        Assert.Equal(Enumerable.Range(0, Messages).Select(i => ((ulong)(100 + i), (long)-i, (EventLoop?)other)), received);
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.FutexWait))]
    [Covers(nameof(IoRequest.FutexWake))]
    public void A_futex_wait_ends_when_the_word_is_woken_and_the_wake_counts_it(TestedKernel kernel) => Run(kernel, async w =>
    {
        nint word = Marshal.AllocHGlobal(4);
        try
        {
            Marshal.WriteInt32(word, 5);
            foreach (FutexScope scope in Enum.GetValues<FutexScope>())
            {
                Task<int>[] waits = [.. Enumerable.Range(0, 3).Select(_ => w.Do(IoRequest.FutexWait(word, 5, scope)))];
                await w.Turn(2);
                Assert.DoesNotContain(waits, t => t.IsCompleted);
                Assert.Equal(1, await WakeAsync(w, word, 1, scope));
                Assert.Equal(0, await await Task.WhenAny(waits));
                Assert.Equal(1, waits.Count(t => t.IsCompleted));
                Assert.Equal(2, await WakeAsync(w, word, 1, scope) + await WakeAsync(w, word, int.MaxValue, scope));
                Assert.All(await Task.WhenAll(waits), r => Assert.Equal(0, r));
                Assert.Equal(0, await w.Do(IoRequest.FutexWake(word, scope: scope)));
                Assert.Equal(-Errno.EAGAIN, await w.Do(IoRequest.FutexWait(word, 6, scope)));
            }
        }
        finally
        {
            Marshal.FreeHGlobal(word);
        }
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.TimeoutWithStaged)]
    public void A_delay_ends_although_the_enter_that_waited_for_it_also_submitted(TestedKernel kernel) => Run(kernel, async w =>
    {
        // The enter answers how many entries it took, and hides that the time is up.
        (int readEnd, int writeEnd) = w.Pipe();
        for (int i = 0; i < w.Rounds(50); i++)
        {
            using CancellationTokenSource source = new();
            Task<Completion> poll = w.Loop.CompleteAsync(IoRequest.Poll(readEnd, PollEvents.Readable), source.Token).AsTask();
            await w.Loop.DelayAsync(TimeSpan.FromMicroseconds(i * 20));
            Assert.False(poll.IsCompleted);
            source.Cancel();
            Assert.Equal(-Errno.ECANCELED, (await poll).Result);
        }

        await w.Close(readEnd, writeEnd);
    });

    /// <summary>Wakes, again and again until somebody was there: a worker that waits in the kernel's place may take a moment to get there.</summary>
    private static async Task<int> WakeAsync(World w, nint word, int count, FutexScope scope)
    {
        int woken = 0;
        while (woken == 0)
        {
            woken = await w.Do(IoRequest.FutexWake(word, count, scope));
        }

        return woken;
    }
}
