namespace Dispatch.Tests;

/// <summary>The group of loops: how many, where, which one for what.</summary>
public sealed class DispatcherTests
{
    [Fact]
    public async Task There_are_as_many_loops_as_asked_for_each_on_a_thread_of_its_own_name()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(Options(3, o => o.Name = "test"));
        Assert.Equal(["test-0", "test-1", "test-2"], dispatcher.Loops.Select(l => l.Name));
        HashSet<int> threads = [];
        foreach (EventLoop loop in dispatcher.Loops)
        {
            (int id, string? name, bool background) = await loop.InvokeAsync(() => Task.FromResult((Environment.CurrentManagedThreadId, Thread.CurrentThread.Name, Thread.CurrentThread.IsBackground)));
            Assert.True(threads.Add(id));
            Assert.Equal(loop.Name, name);
            Assert.True(background);
        }
    }

    [Fact]
    public async Task Unasked_there_is_a_loop_for_every_cpu_of_the_process()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(Options(null));
        Assert.InRange(dispatcher.Loops.Count, 1, CpuSet.Process.Count);
        Assert.Equal(Math.Min(Environment.ProcessorCount, CpuSet.Process.Count), dispatcher.Loops.Count);
    }

    [Fact]
    public async Task An_explicit_placement_is_applied()
    {
        int[] cpus = [.. CpuSet.Process];
        int last = cpus[^1];
        await using Dispatcher dispatcher = Dispatcher.Create(Options(1, o =>
        {
            o.Placement = LoopPlacement.Explicit;
            o.Cpus = CpuSet.Create(last);
        }));
        EventLoop loop = dispatcher.Loops[0];
        await loop.InvokeAsync(async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                Assert.Equal(last, Thread.GetCurrentProcessorId());
                await loop.DelayAsync(TimeSpan.Zero);
            }

            Assert.Equal(CpuSet.Create(last), ThreadAffinity.Read());
        });
        Assert.Equal(CpuSet.Process.Count, cpus.Length);
    }

    [Fact]
    public void A_placement_on_a_cpu_that_is_not_ours_fails_at_once_and_leaves_no_thread() =>
        Assert.ThrowsAny<Exception>(() => Dispatcher.Create(Options(1, o =>
        {
            o.Placement = LoopPlacement.Explicit;
            o.Cpus = CpuSet.Create(1023);
        })));

    [Fact]
    public async Task A_key_always_has_the_same_loop_and_keys_spread_over_all()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(Options(3));
        HashSet<EventLoop> used = [];
        for (long key = 0; key < 100; key++)
        {
            EventLoop loop = dispatcher.LoopFor(key);
            used.Add(loop);
            Assert.Same(loop, dispatcher.LoopFor(key));
            Assert.Same(dispatcher.LoopFor($"user {key}"), dispatcher.LoopFor($"user {key}"));
            Assert.Same(dispatcher.LoopFor([1, (byte)key]), dispatcher.LoopFor([1, (byte)key]));
        }

        Assert.Equal(3, used.Count);
    }

    [Fact]
    public async Task The_next_loop_is_every_loop_in_turn()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(Options(3));
        Assert.Equal([.. dispatcher.Loops, .. dispatcher.Loops], Enumerable.Range(0, 6).Select(_ => dispatcher.NextLoop()));
    }

    [Fact]
    public async Task RunAsync_runs_the_main_part_on_a_loop_and_ends_with_it()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(Options(2));
        EventLoop? on = null;
        await dispatcher.RunAsync(async () =>
        {
            await EventLoop.Current!.ExecuteAsync(IoRequest.Nop());
            on = EventLoop.Current;
        });
        Assert.Contains(on, dispatcher.Loops);
        Assert.Equal(7, await dispatcher.RunAsync(() => Task.FromResult(7)));
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => dispatcher.RunAsync(() => throw new InvalidTimeZoneException()));
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        ArgumentOutOfRangeException thrown = Assert.Throws<ArgumentOutOfRangeException>(() => Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, SubmissionEntries = 0 }));
        Assert.Contains(nameof(EventLoopOptions.SubmissionEntries), thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_options_of_the_caller_are_read_once_and_left_alone()
    {
        DispatcherOptions options = Options(2);
        await using Dispatcher dispatcher = Dispatcher.Create(options);
        Assert.Null(options.Name);
        options.UnhandledException = _ => throw new InvalidOperationException();
        Assert.Null(dispatcher.Loops[0].Engine.Options.UnhandledException);
    }

    private static DispatcherOptions Options(int? loops, Action<DispatcherOptions>? change = null)
    {
        DispatcherOptions options = new() { Kernel = TestKernel.Kind, LoopCount = loops, SubmissionEntries = 64, CompletionEntries = 256 };
        change?.Invoke(options);
        return options;
    }
}
