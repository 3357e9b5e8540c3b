using System.Buffers.Binary;
using Dispatch.Tests.Kernel;

namespace Dispatch.Tests;

/// <summary>System calls on workers that wait: cancelled by signal, over the limit, at the end of their loop.</summary>
public sealed class CancelledCallTests
{
    private static readonly IoRequest SleepForADay = IoRequest.Syscall(Numbers.Of("nanosleep"), Span(86_400), 0);

    private static EventLoopOptions TwoWorkers => new() { Kernel = TestKernel.Kind, SubmissionEntries = 64, CompletionEntries = 256, MaxWorkers = 2, MaxWaitingWorkers = 2 };

    private static EventLoopOptions OneWorker => new() { Kernel = TestKernel.Kind, SubmissionEntries = 64, CompletionEntries = 256, MaxWorkers = 1 };

    [Fact]
    public void A_token_interrupts_a_call_that_sleeps() => OnLoop.Run(async loop =>
    {
        using CancellationTokenSource source = new();
        ValueTask<int> sleep = loop.ExecuteAsync(SleepForADay, source.Token);
        await UntilRunning(loop, 1);

        source.Cancel();

        OperationCanceledException thrown = await Assert.ThrowsAsync<OperationCanceledException>(async () => await sleep);
        Assert.Equal(source.Token, thrown.CancellationToken);
        Assert.Contains("nanosleep", thrown.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_deadline_interrupts_a_call_that_sleeps() => OnLoop.Run(async loop =>
    {
        TimeoutException thrown = await Assert.ThrowsAsync<TimeoutException>(async () => await loop.ExecuteAsync(SleepForADay.WithDeadline(TimeSpan.FromMilliseconds(5))));
        Assert.Contains("nanosleep", thrown.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_raw_call_is_cancelled_by_its_tag_in_both_ways() => OnLoop.Poll(loop =>
    {
        loop.Submit(SleepForADay, 5);
        loop.Submit(SleepForADay, 6);
        loop.Cancel(5);
        Assert.Equal(new Completion(5, -Errno.ECANCELED, CompletionFlags.None), OnLoop.Take(loop));

        loop.Submit(IoRequest.Cancel(6), 7);
        Completion[] both = [OnLoop.Take(loop), OnLoop.Take(loop)];
        Assert.Equal(-Errno.ECANCELED, both.Single(c => c.Tag == 6).Result);
        Assert.Contains(both.Single(c => c.Tag == 7).Result, (long[])[0, -Errno.EALREADY]);
    });

    [Fact]
    public void CancelAll_reaches_calls_that_run_and_calls_that_wait() => OnLoop.Run(
        async loop =>
        {
            Task<Completion>[] sleeps = [.. Enumerable.Range(0, 20).Select(_ => loop.CompleteAsync(SleepForADay).AsTask())];
            await UntilRunning(loop, 2);
            Assert.Equal(18, loop.Statistics.QueuedCalls);
            Assert.True(loop.Statistics.CallWaits > 0);

            loop.CancelAll();

            Assert.All(await Task.WhenAll(sleeps), c => Assert.Equal(-Errno.ECANCELED, c.Result));
            Assert.Equal((0, 0L), (loop.Statistics.QueuedCalls, loop.Statistics.Late));
        },
        TwoWorkers);

    [Fact]
    public void Calls_that_wait_for_ever_hold_up_no_others() => OnLoop.Run(
        async loop =>
        {
            using TemporaryFolder folder = new();
            string fifo = folder.Fifo("fifo");
            Task<Completion>[] opens = [.. Enumerable.Range(0, 100).Select(_ => loop.CompleteAsync(IoRequest.OpenFifo(fifo, OpenFlags.ReadOnly | OpenFlags.CloseOnExec)).AsTask())];
            byte[] answer = new byte[FileStatus.RecordBytes];
            using FileStream file = new(folder["file"], FileMode.Create);
            for (int i = 0; i < 50; i++)
            {
                Assert.Equal(0, await loop.ExecuteAsync(IoRequest.Status(folder["file"], answer)));
                Assert.Equal(4096, await loop.ExecuteAsync(IoRequest.Write(file.SafeFileHandle, new byte[4096], i * 4096)));
                Assert.Equal(16, await loop.ExecuteAsync(IoRequest.GetRandom(new byte[16])));
            }

            Assert.DoesNotContain(opens, o => o.IsCompleted);
            loop.CancelAll();
            Assert.All(await Task.WhenAll(opens), c => Assert.Equal(-Errno.ECANCELED, c.Result));
        });

    [Fact]
    public void A_fifos_peer_ends_the_wait() => OnLoop.Run(async loop =>
    {
        using TemporaryFolder folder = new();
        string fifo = folder.Fifo("fifo");
        Task<int> reader = loop.ExecuteAsync(IoRequest.OpenFifo(fifo, OpenFlags.ReadOnly | OpenFlags.CloseOnExec)).AsTask();
        int writer = await loop.ExecuteAsync(IoRequest.OpenFifo(fifo, OpenFlags.WriteOnly | OpenFlags.CloseOnExec));
        await loop.ExecuteAsync(IoRequest.Close(await reader));
        await loop.ExecuteAsync(IoRequest.Close(writer));
    });

    [Fact]
    public void Cancels_and_ends_that_race_lose_nothing_and_leave_no_signal_behind() => OnLoop.Run(async loop =>
    {
        byte[] buffer = new byte[8];
        for (int i = 0; i < 2000; i++)
        {
            using CancellationTokenSource source = new();
            ValueTask<Completion> call = loop.CompleteAsync(i % 2 == 0 ? IoRequest.GetRandom(buffer) : IoRequest.Syscall(Numbers.Of("nanosleep"), Span(0, 1000), 0), source.Token);
            if (i % 3 == 0)
            {
                await Task.Yield();
            }

            source.Cancel();
            Completion completion = await call;
            Assert.True(completion.Result is 0 or 8 or -Errno.ECANCELED, completion.ToString());
        }

        // A signal that was left for the next call would end this one early.
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(0, await loop.ExecuteAsync(IoRequest.Syscall(Numbers.Of("nanosleep"), Span(0, 100_000), 0)));
        }
    });

    [Fact]
    public void A_cancelled_call_that_made_a_descriptor_leaves_none_open() => OnLoop.Poll(loop =>
    {
        OnLoop.Drive(loop, async () => Assert.Equal(8, await loop.ExecuteAsync(IoRequest.GetRandom(new byte[8]))));
        int before = MemoryFiles();
        for (int i = 0; i < 20; i++)
        {
            OperationHandle handle = loop.Observe(IoRequest.CreateMemoryFile("orphan"), new Recorder());
            OnLoop.Await(() => loop.Engine.Workers.HasArrived, "The end of the call");
            handle.Unsubscribe();
            OnLoop.Until(loop, () => loop.Engine.Workers.InFlight == 0); // Or the next one's end would be taken for there already.
        }

        Assert.Equal((before, 20L), (MemoryFiles(), loop.Statistics.Orphans));
    });

    [Fact]
    public void A_loop_that_ends_interrupts_its_calls_and_ends_its_workers()
    {
        int before = Threads();
        OnLoop.OnThread(() =>
        {
            Task<Completion>[] sleeps;
            using (EventLoop loop = EventLoop.Attach(OnLoop.Small))
            {
                sleeps = [.. Enumerable.Range(0, 10).Select(_ => loop.CompleteAsync(SleepForADay).AsTask())];
                OnLoop.Until(loop, () => loop.Statistics.Workers == 10);
            }

            Assert.All(sleeps, s => Assert.Equal(-Errno.ECANCELED, s.Result.Result));
        });
        OnLoop.Await(() => Threads() == 0 || Threads() <= before, "The end of the workers");
    }

    [Fact]
    public void What_no_signal_ends_is_named_when_the_loop_ends_and_keeps_its_memory() => OnLoop.OnThread(() =>
    {
        const int Signal = 59;
        EventLoop loop = EventLoop.Attach(OneWorker);
        loop.Life.Grace = TimeSpan.FromMilliseconds(50);
        WatchedMemory memory = new(128);
        long thread = 0;
        OnLoop.Drive(loop, async () =>
        {
            // The only worker keeps every signal away from now on, as a device does that does not answer.
            byte[] all = [.. Enumerable.Repeat((byte)255, 8)];
            Assert.Equal(0, await loop.ExecuteAsync(IoRequest.SyscallAllowUnsafe(Numbers.Of("rt_sigprocmask"), 0, all, 0, 8)));
            thread = await loop.ExecuteAsync(IoRequest.Syscall(Numbers.Of("gettid")));
        });
        byte[] set = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(set, 1ul << (Signal - 1));
        Task<Completion> call = loop.CompleteAsync(IoRequest.SyscallAllowUnsafe(Numbers.Of("rt_sigtimedwait"), set, memory.Memory, 0, 8)).AsTask();
        string state = $"/proc/self/task/{thread}/syscall";
        OnLoop.Until(loop, () => File.ReadAllText(state).StartsWith($"{Numbers.Of("rt_sigtimedwait")} ", StringComparison.Ordinal));

        loop.Dispose();

        Assert.Contains("rt_sigtimedwait", Assert.Single(loop.Life.Unfinished), StringComparison.Ordinal);
        Assert.Equal(1, memory.Pins);
        Assert.Equal(0, SystemCall.Run(SystemCall.SignalThread, Environment.ProcessId, thread, Signal));
        OnLoop.Await(() => memory.Pins == 0, "The end of the lending");
        Assert.False(call.IsCompleted);
    });

    [Fact]
    public void A_worker_with_nothing_to_do_ends_and_the_next_call_has_a_new_one() => OnLoop.Run(async loop =>
    {
        loop.Engine.Workers.IdleTime = TimeSpan.FromMilliseconds(10);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(8, await loop.ExecuteAsync(IoRequest.GetRandom(new byte[8])));
            await OnLoopUntil(loop, () => loop.Statistics.Workers == 0);
        }
    });

    private static int MemoryFiles() => Directory.GetFiles("/proc/self/fd").Count(f => (new FileInfo(f).LinkTarget ?? string.Empty).Contains("memfd:orphan", StringComparison.Ordinal));

    private static int Threads() => Directory.GetDirectories("/proc/self/task").Count(t => ReadName(t).StartsWith("dispatch-call", StringComparison.Ordinal));

    private static string ReadName(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm"));
        }
        catch (IOException)
        {
            return string.Empty; // It has just ended.
        }
    }

    private static SyscallArgument Span(long seconds, long nanoseconds = 0)
    {
        byte[] span = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(span, seconds);
        BinaryPrimitives.WriteInt64LittleEndian(span.AsSpan(8), nanoseconds);
        return span;
    }

    private static Task UntilRunning(EventLoop loop, int count) => OnLoopUntil(loop, () => loop.Statistics.Workers >= count && loop.Statistics.QueuedCalls <= 18);

    private static async Task OnLoopUntil(EventLoop loop, Func<bool> condition)
    {
        while (!condition())
        {
            await loop.ExecuteAsync(IoRequest.Nop());
        }
    }
}
