using Microsoft.Win32.SafeHandles;

namespace Dispatch.Tests;

/// <summary>The raw source: the user's own tags, in order, bounded, each request answered once.</summary>
public sealed class RawTests
{
    private static EventLoopOptions Bounded => new() { Kernel = TestKernel.Kind, SubmissionEntries = 64, CompletionEntries = 256, RawCapacity = 4 };

    [Fact]
    public void Requests_over_the_bound_wait_and_come_in_order() => OnLoop.Poll(
        loop =>
        {
            for (ulong i = 0; i < 100; i++)
            {
                loop.Submit(IoRequest.Nop(), i);
            }

            Assert.Equal(5, loop.Statistics.InFlight); // Four, and the loop's own.
            for (ulong i = 0; i < 100; i++)
            {
                Assert.Equal(i, OnLoop.Take(loop).Tag);
            }

            Assert.False(loop.TryTake(out _));
            Assert.Equal(0, loop.Engine.Raw.Outstanding);
        },
        Bounded);

    [Fact]
    public void Completions_that_a_poll_met_wait_to_be_taken_in_order_and_count_against_the_bound() => OnLoop.Poll(
        loop =>
        {
            for (ulong i = 0; i < 10; i++)
            {
                loop.Submit(IoRequest.Nop(), i);
            }

            for (int i = 0; i < 10; i++)
            {
                loop.Poll();
            }

            Assert.Equal(4, loop.Engine.Raw.Untaken);
            for (ulong i = 0; i < 10; i++)
            {
                Assert.Equal(i, OnLoop.Take(loop).Tag);
            }
        },
        Bounded);

    [Fact]
    public void A_multishot_that_nobody_takes_pauses_and_goes_on_when_it_is_taken() => OnLoop.Poll(
        loop =>
        {
            using TestPipe pipe = new();
            loop.Submit(IoRequest.Timeout(TimeSpan.FromMicroseconds(50), TimeoutFlags.Multishot), 5);
            OnLoop.Until(loop, () => loop.Engine.Raw.Untaken >= 4 && loop.Statistics.InFlight == 1);
            int atPause = loop.Engine.Raw.Untaken;
            for (int i = 0; i < 1000; i++)
            {
                loop.Poll();
            }

            Assert.Equal(atPause, loop.Engine.Raw.Untaken); // Paused: pushing back is not re-arming.
            for (int i = 0; i < atPause + 50; i++)
            {
                Completion tick = OnLoop.Take(loop);
                Assert.Equal((5UL, (long)-Errno.ETIME, true), (tick.Tag, tick.Result, tick.HasMore));
            }

            EndOf(loop, 5);
        },
        Bounded);

    [Fact]
    public void A_paused_multishot_that_is_cancelled_ends_once() => OnLoop.Poll(
        loop =>
        {
            loop.Submit(IoRequest.Timeout(TimeSpan.FromMicroseconds(50), TimeoutFlags.Multishot), 5);
            OnLoop.Until(loop, () => loop.Engine.Raw.Untaken >= 4 && loop.Statistics.InFlight == 1);
            EndOf(loop, 5);
            Assert.Equal(0, loop.Engine.Raw.Outstanding);
        },
        Bounded);

    [Fact]
    public void A_multishot_that_is_cancelled_while_its_pause_is_on_the_way_ends_once() => OnLoop.Poll(
        loop =>
        {
            using TestPipe pipe = new();
            loop.Submit(IoRequest.PollMultishot(pipe.ReadEnd, PollEvents.Readable), 5);
            for (int i = 1; i <= 4; i++)
            {
                pipe.Write(1);
                OnLoop.Until(loop, () => loop.Engine.Raw.Untaken == i);
                pipe.Drain(1);
                if (i == 4)
                {
                    Assert.Equal(2, loop.Statistics.InFlight); // The cancel of the pause is submitted, its answer not delivered.
                }
            }

            EndOf(loop, 5);
        },
        Bounded);

    [Fact]
    public void A_paused_multishot_whose_handle_was_closed_ends_with_EBADF() => OnLoop.Poll(
        loop =>
        {
            using TestPipe pipe = new();
            SafeFileHandle handle = new(pipe.ReadEnd, ownsHandle: false);
            loop.Submit(IoRequest.PollMultishot(handle, PollEvents.Readable), 5);
            int arrivals = 0;
            while (loop.Statistics.InFlight == 2)
            {
                pipe.Write(1);
                arrivals++;
                loop.Poll();
                loop.Poll();
            }

            handle.Dispose();
            Completion last;
            do
            {
                last = OnLoop.Take(loop);
            }
            while (last.HasMore);

            Assert.Equal((5UL, (long)-Errno.EBADF), (last.Tag, last.Result));
            Assert.Equal(0, loop.Engine.Raw.Outstanding);
        },
        Bounded);

    [Fact]
    public void A_request_whose_handle_was_closed_while_it_waited_is_answered_and_the_one_taken_is_not_lost() => OnLoop.Poll(
        loop =>
        {
            using TestPipe pipe = new();
            SafeFileHandle handle = new(pipe.ReadEnd, ownsHandle: false);
            for (ulong i = 0; i < 4; i++)
            {
                loop.Submit(IoRequest.Nop(), i);
            }

            loop.Submit(IoRequest.Read(handle, new byte[1], -1), 4);
            loop.Submit(IoRequest.Nop(), 5);
            handle.Dispose();
            Dictionary<ulong, long> answers = [];
            for (int i = 0; i < 6; i++)
            {
                Completion completion = OnLoop.Take(loop);
                answers.Add(completion.Tag, completion.Result);
            }

            Assert.Equal(-Errno.EBADF, answers[4]);
            Assert.All(answers.Where(a => a.Key != 4), a => Assert.Equal(0, a.Value));
        },
        Bounded);

    [Fact]
    public void A_cancel_reaches_every_request_with_the_tag_waiting_or_in_flight() => OnLoop.Poll(
        loop =>
        {
            using TestPipe pipe = new();
            byte[] memory = new byte[8];
            loop.Submit(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), 5);
            loop.Submit(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), 5);
            loop.Submit(IoRequest.Read(pipe.ReadEnd, memory, -1), 5);
            loop.Submit(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), 6);
            loop.Submit(IoRequest.Read(pipe.ReadEnd, memory, -1), 5);
            loop.Submit(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), 5);
            loop.Cancel(5);
            for (int i = 0; i < 5; i++)
            {
                Completion completion = OnLoop.Take(loop);
                Assert.Equal((5UL, (long)-Errno.ECANCELED), (completion.Tag, completion.Result));
            }

            Assert.False(loop.TryTake(out _));
            pipe.Write(1);
            Assert.Equal(6UL, OnLoop.Take(loop).Tag);
        },
        Bounded);

    [Fact]
    public void An_observer_gets_what_was_untaken_first_and_in_order() => OnLoop.Poll(loop =>
    {
        for (ulong i = 0; i < 10; i++)
        {
            loop.Submit(IoRequest.Nop(), i);
        }

        loop.Poll();
        loop.Poll();
        Assert.Equal(10, loop.Engine.Raw.Untaken);
        for (ulong i = 10; i < 20; i++)
        {
            loop.Submit(IoRequest.Nop(), i);
        }

        loop.Engine.Enter(0, -1); // These are in the ring before the observer's first turn.
        Recorder recorder = new();
        using IDisposable subscription = loop.Completions.Subscribe(recorder);
        OnLoop.Until(loop, () => recorder.Items.Count == 20);

        Assert.Equal(Enumerable.Range(0, 20).Select(i => (ulong)i), recorder.Items.Select(c => c.Tag));
    });

    [Fact]
    public void Every_observer_gets_every_completion_and_a_disposed_one_no_more() => OnLoop.Poll(loop =>
    {
        Recorder first = new();
        Recorder second = new();
        IDisposable subscription = loop.Completions.Subscribe(first);
        using IDisposable other = loop.Completions.Subscribe(second);
        loop.Submit(IoRequest.Nop(), 1);
        OnLoop.Until(loop, () => second.Items.Count == 1);
        subscription.Dispose();
        subscription.Dispose();
        loop.Submit(IoRequest.Nop(), 2);
        OnLoop.Until(loop, () => second.Items.Count == 2);

        Assert.Equal([1UL], first.Items.Select(c => c.Tag));
        Assert.Equal([1UL, 2UL], second.Items.Select(c => c.Tag));
        Assert.False(loop.TryTake(out _));
    });

    [Fact]
    public void An_observer_that_a_neighbour_disposed_gets_not_even_the_present_completion() => OnLoop.Poll(loop =>
    {
        IDisposable? other = null;
        using IDisposable one = loop.Completions.Subscribe(new Recorder { Then = _ => other!.Dispose() });
        Recorder second = new();
        other = loop.Completions.Subscribe(second);
        loop.Submit(IoRequest.Nop(), 1);
        OnLoop.Until(loop, () => loop.Statistics.InFlight == 1);
        Assert.Empty(second.Items);
    });

    [Fact]
    public void An_observer_that_throws_hurts_neither_its_neighbour_nor_the_loop()
    {
        List<Exception> faults = [];
        EventLoopOptions options = OnLoop.Small;
        options.UnhandledException = fault =>
        {
            faults.Add(fault.Exception);
            return UnhandledExceptionAction.Continue;
        };
        OnLoop.Poll(
            loop =>
            {
                Recorder bad = new() { Then = _ => throw new InvalidOperationException("bad") };
                Recorder good = new();
                using IDisposable one = loop.Completions.Subscribe(bad);
                using IDisposable two = loop.Completions.Subscribe(good);
                for (ulong i = 0; i < 3; i++)
                {
                    loop.Submit(IoRequest.Nop(), i);
                }

                OnLoop.Until(loop, () => good.Items.Count == 3);
                Assert.Single(bad.Items);
            },
            options);
        Assert.Equal("bad", Assert.Single(faults).Message);
    }

    [Fact]
    public void A_cancel_outside_a_turn_runs_no_observer_in_the_stack_of_the_one_who_cancelled() => OnLoop.Poll(
        loop =>
        {
            using TestPipe pipe = new();
            Recorder recorder = new();
            using IDisposable subscription = loop.Completions.Subscribe(recorder);
            for (int i = 0; i < 10; i++)
            {
                loop.Submit(IoRequest.Poll(pipe.ReadEnd, PollEvents.Readable), 5);
            }

            loop.Cancel(5);
            Assert.Empty(recorder.Items);
            Assert.Null(SynchronizationContext.Current);
            OnLoop.Until(loop, () => recorder.Items.Count == 10);
        },
        Bounded);

    [Fact]
    public void TryTake_runs_no_user_code_and_leaves_operations_to_the_next_poll() => OnLoop.Poll(loop =>
    {
        Recorder recorder = new();
        loop.Observe(IoRequest.Nop(), recorder);
        bool posted = false;
        loop.Post(() => posted = true);
        loop.Submit(IoRequest.Nop(), 1);
        Assert.Equal(1UL, OnLoop.Take(loop).Tag);
        Assert.False(loop.TryTake(out _));

        Assert.Empty(recorder.Items);
        Assert.False(posted);
        loop.Poll();
        Assert.True(recorder.IsCompleted);
        Assert.True(posted);
    });

    [Fact]
    public void TryTake_works_inside_a_callback() => OnLoop.Poll(loop =>
    {
        List<ulong> tags = [];
        Recorder recorder = new()
        {
            Then = _ =>
            {
                for (ulong i = 0; i < 3; i++)
                {
                    loop.Submit(IoRequest.Nop(), i);
                    tags.Add(OnLoop.Take(loop).Tag);
                }
            },
        };
        loop.Observe(IoRequest.Nop(), recorder);
        OnLoop.Until(loop, () => recorder.IsCompleted);
        Assert.Equal([0, 1, 2], tags);
    });

    [Fact]
    public void A_raw_read_fills_memory_that_nobody_else_refers_to() => OnLoop.Poll(loop =>
    {
        using TestPipe pipe = new();
        WeakReference buffer = Start(loop, pipe);
        GC.Collect();
        Assert.True(buffer.IsAlive);
        pipe.Write(1, 2, 3);
        Assert.Equal(3, OnLoop.Take(loop).Result);
        Assert.Equal([1, 2, 3, 0], Target(buffer));
        loop.Submit(IoRequest.Nop(), 1);
        OnLoop.Take(loop);
        GC.Collect();
        Assert.False(buffer.IsAlive);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static WeakReference Start(EventLoop loop, TestPipe pipe)
        {
            byte[] memory = new byte[4];
            loop.Submit(IoRequest.Read(pipe.ReadEnd, memory, -1), 1);
            loop.Poll();
            return new WeakReference(memory);
        }

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static byte[] Target(WeakReference reference) => ((byte[])reference.Target!).ToArray();
    });

    /// <summary>Cancels a multishot by its tag and takes everything: there is one end, and nothing after it.</summary>
    private static void EndOf(EventLoop loop, ulong tag)
    {
        loop.Cancel(tag);
        Completion last;
        do
        {
            last = OnLoop.Take(loop);
            Assert.Equal(tag, last.Tag);
        }
        while (last.HasMore);

        Assert.Equal(-Errno.ECANCELED, last.Result);
        for (int i = 0; i < 100; i++)
        {
            loop.Poll();
            Assert.False(loop.TryTake(out _));
        }
    }
}
