namespace Dispatch.Tests;

/// <summary>Ways onto a loop and back: InvokeAsync, SwitchTo, OffloadAsync, and requests of foreign threads.</summary>
public sealed class InvokeTests : IAsyncDisposable
{
    private static readonly AsyncLocal<string?> Local = new();
    private readonly Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 2, SubmissionEntries = 64, CompletionEntries = 256 });

    private EventLoop Loop => dispatcher.Loops[0];

    public ValueTask DisposeAsync() => dispatcher.DisposeAsync();

    [Fact]
    public async Task Invoked_code_runs_on_the_owner_and_its_awaits_stay_there()
    {
        (EventLoop? before, EventLoop? after) = await Loop.InvokeAsync(async () =>
        {
            EventLoop? before = EventLoop.Current;
            await Task.Yield();
            await Task.Delay(1);
            return (before, EventLoop.Current);
        });
        Assert.Same(Loop, before);
        Assert.Same(Loop, after);
        Assert.Null(EventLoop.Current);
    }

    [Fact]
    public async Task Async_locals_flow_into_invoked_code_and_not_back()
    {
        Local.Value = "caller";
        string? seen = null;
        await Loop.InvokeAsync(() =>
        {
            seen = Local.Value;
            Local.Value = "callee";
        });
        Assert.Equal("caller", seen);
        Assert.Equal("caller", Local.Value);
        Local.Value = null;
        await Loop.InvokeAsync(() => seen = Local.Value);
        Assert.Null(seen);
    }

    [Fact]
    public async Task Exceptions_of_invoked_code_belong_to_the_caller()
    {
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => Loop.InvokeAsync(() => throw new InvalidTimeZoneException()));
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => Loop.InvokeAsync(Task () => throw new InvalidTimeZoneException()));
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => Loop.InvokeAsync(async () =>
        {
            await Task.Yield();
            throw new InvalidTimeZoneException();
        }));
        Assert.Equal(0, Loop.Statistics.UnhandledExceptions);
    }

    [Fact]
    public async Task On_the_owner_invoked_code_runs_at_once_and_its_exceptions_are_in_the_task_too()
    {
        bool ran = false;
        await Loop.InvokeAsync(async () =>
        {
            Task task = Loop.InvokeAsync(() => { ran = true; });
            Assert.True(ran);
            await task;
            Task failed = Loop.InvokeAsync(() => throw new InvalidTimeZoneException());
            Task<int> failedToo = Loop.InvokeAsync(Task<int> () => throw new InvalidTimeZoneException());
            await Assert.ThrowsAsync<InvalidTimeZoneException>(() => failed);
            await Assert.ThrowsAsync<InvalidTimeZoneException>(() => failedToo);
        });
        Assert.True(ran);
    }

    [Fact]
    public async Task A_cancelled_invocation_is_cancelled_with_its_token()
    {
        using CancellationTokenSource source = new();
        source.Cancel();
        Task task = Loop.InvokeAsync(() => Task.FromCanceled(source.Token));
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        Assert.Equal(source.Token, thrown.CancellationToken);
        Assert.True(task.IsCanceled);
    }

    [Fact]
    public async Task The_caller_resumes_where_it_was()
    {
        await Loop.InvokeAsync(async () =>
        {
            EventLoop other = dispatcher.Loops[1];
            Assert.Same(other, await other.InvokeAsync(() => Task.FromResult(EventLoop.Current)));
            Assert.Same(Loop, EventLoop.Current);
            Assert.Equal(0, await other.ExecuteAsync(IoRequest.Nop()));
            Assert.Same(Loop, EventLoop.Current);
            await other.DelayAsync(TimeSpan.FromMilliseconds(1));
            Assert.Same(Loop, EventLoop.Current);
            Assert.Equal(1, await other.OffloadAsync(() => 1));
            Assert.Same(Loop, EventLoop.Current);
        });
    }

    [Fact]
    public async Task SwitchTo_continues_on_the_loop_and_on_the_next()
    {
        Assert.Null(EventLoop.Current);
        await Task.Run(async () =>
        {
            foreach (EventLoop loop in dispatcher.Loops)
            {
                await loop.SwitchTo();
                Assert.Same(loop, EventLoop.Current);
                Assert.True(loop.SwitchTo().IsCompleted);
                await loop.SwitchTo();
                await loop.ExecuteAsync(IoRequest.Nop());
                Assert.Same(loop, EventLoop.Current);
            }
        });
    }

    [Fact]
    public async Task SwitchTo_a_loop_that_has_ended_throws()
    {
        await dispatcher.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Loop.SwitchTo());
    }

    [Fact]
    public async Task Offloaded_code_runs_off_the_loop_and_comes_home_also_without_context()
    {
        await Loop.InvokeAsync(async () =>
        {
            int owner = Environment.CurrentManagedThreadId;
            for (int i = 0; i < 100; i++)
            {
                (int thread, EventLoop? on) = await Loop.OffloadAsync(() => (Environment.CurrentManagedThreadId, EventLoop.Current)).ConfigureAwait(false);
                Assert.NotEqual(owner, thread);
                Assert.Null(on);
                Assert.Equal(owner, Environment.CurrentManagedThreadId);
                await Loop.SwitchTo();
            }
        });
    }

    [Fact]
    public async Task Offloaded_codes_exceptions_and_cancellation_come_home()
    {
        await Loop.InvokeAsync(async () =>
        {
            await Assert.ThrowsAsync<InvalidTimeZoneException>(async () => await Loop.OffloadAsync<int>(() => throw new InvalidTimeZoneException()));
            bool ran = false;
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Loop.OffloadAsync(() => ran = true, new CancellationToken(canceled: true)));
            Assert.False(ran);
            Assert.Same(Loop, EventLoop.Current);
        });
    }

    [Fact]
    public async Task Offloaded_code_sees_the_callers_async_locals_on_the_owner_as_elsewhere()
    {
        Local.Value = "caller";
        Assert.Equal("caller", await Loop.OffloadAsync(() => Local.Value));
        Assert.Equal("caller", await Loop.InvokeAsync(async () => await Loop.OffloadAsync(() => Local.Value)));
        Local.Value = null;
    }

    [Fact]
    public async Task A_foreign_await_resumes_on_the_pool_or_in_its_context()
    {
        await Task.Run(async () =>
        {
            await Loop.ExecuteAsync(IoRequest.Nop());
            Assert.Null(EventLoop.Current);
            Assert.True(Thread.CurrentThread.IsThreadPoolThread);
        });
        OnLoop.Run(async own =>
        {
            await Loop.ExecuteAsync(IoRequest.Nop());
            Assert.Same(own, EventLoop.Current);
        });
    }

    [Fact]
    public async Task Foreign_failures_and_tokens_are_told_as_on_the_owner()
    {
        IOException thrown = await Assert.ThrowsAsync<IOException>(async () => await Loop.ExecuteAsync(IoRequest.Close(1_000_000)));
        Assert.Contains("EBADF", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(-Errno.EBADF, (await Loop.CompleteAsync(IoRequest.Close(1_000_000))).Result);
        using CancellationTokenSource source = new();
        using TestPipe pipe = new();
        ValueTask<int> poll = Loop.ExecuteAsync(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), source.Token);
        source.Cancel();
        OperationCanceledException cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await poll);
        Assert.Equal(source.Token, cancelled.CancellationToken);
        Microsoft.Win32.SafeHandles.SafeFileHandle closed = new(-1, ownsHandle: false);
        closed.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Loop.ExecuteAsync(IoRequest.Read(closed, new byte[1], 0)));
        Assert.Equal(1, Loop.Statistics.InFlight);
    }

    [Fact]
    public async Task Hand_offs_are_counted()
    {
        long before = Loop.Statistics.HandOffs;
        await Loop.InvokeAsync(async () => await Loop.ExecuteAsync(IoRequest.Nop()));
        Assert.Equal(before, Loop.Statistics.HandOffs);
        await Loop.ExecuteAsync(IoRequest.Nop());
        Assert.True(Loop.Statistics.HandOffs > before);
    }

    [Fact]
    public async Task A_task_of_the_owner_may_be_awaited_by_a_foreign_thread_before_and_after_its_end()
    {
        using TestPipe pipe = new();
        for (int i = 0; i < 2_000; i++)
        {
            bool late = i % 2 == 0;
            ValueTask<int>[] made = await Loop.InvokeAsync(async () =>
            {
                ValueTask<int> task = Loop.ExecuteAsync(IoRequest.Nop());
                if (late)
                {
                    await Loop.ExecuteAsync(IoRequest.Nop());
                }

                return new[] { task };
            });
            Assert.Equal(0, await Task.Run(async () => await made[0]).WaitAsync(OnLoop.Guard));
        }

        Assert.Equal(1, Loop.Statistics.InFlight);
    }

    [Fact]
    public async Task Send_to_the_loops_context_waits_and_hands_exceptions_back()
    {
        SynchronizationContext context = await Loop.InvokeAsync(() => Task.FromResult(SynchronizationContext.Current!));
        await Task.Run(() =>
        {
            EventLoop? on = null;
            context.Send(_ => on = EventLoop.Current, null);
            Assert.Same(Loop, on);
            Assert.Throws<InvalidTimeZoneException>(() => context.Send(_ => throw new InvalidTimeZoneException(), null));
        });
        Assert.Equal(0, Loop.Statistics.UnhandledExceptions);
    }
}
