using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace Dispatch.Tests.Diagnostics;

/// <summary>What a trace of the loops tells.</summary>
public sealed class EventSourceTests
{
    [Fact]
    public void The_source_is_one_that_tools_can_read() =>
        Assert.NotNull(EventSource.GenerateManifest(typeof(DispatchEventSource), null, EventManifestOptions.Strict));

    [Fact]
    public async Task A_loops_life_is_told_by_its_name()
    {
        using Listener listener = new(EventLevel.Verbose, "traced-0");
        Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, Name = "traced" });
        EventLoop loop = dispatcher.Loops[0];
        await loop.InvokeAsync(() => { });
        OnLoop.Await(() => listener.Count("Unparked") > 0 && listener.Count("Parked") > 1, "Sleep");
        await dispatcher.DrainAsync(TimeSpan.FromSeconds(1));
        OnLoop.Await(() => listener.Count("DrainEnded") > 0, "The drain's end");
        Assert.Equal(loop.Report.Kernel.ToString(), listener.Single("LoopStarted").Payload![1]);
        Assert.Equal(string.Empty, listener.Single("LoopStopped").Payload![1]);
        Assert.Equal(1000.0, listener.Single("DrainStarted").Payload![2]);
        EventWrittenEventArgs drained = listener.Single("DrainEnded");
        Assert.Equal((true, 0, string.Empty), (drained.Payload![2], drained.Payload[3], drained.Payload[4]));
    }

    [Fact]
    public async Task A_stall_is_told_with_who_does_it_and_where()
    {
        using Listener listener = new(EventLevel.Informational, "traced-stall-0");
        using ManualResetEventSlim release = new();
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1, Name = "traced-stall", StallThreshold = TimeSpan.FromMilliseconds(50) });
        Task blocked = dispatcher.Loops[0].InvokeAsync(() => release.Wait(OnLoop.Guard));
        string name = $"{nameof(EventSourceTests)}.{nameof(A_stall_is_told_with_who_does_it_and_where)}";
        OnLoop.Await(() => listener.Events.Any(e => e.EventName == "Stalled" && name.Equals(e.Payload![2])), "The stall");
        release.Set();
        await blocked;
        OnLoop.Await(() => listener.Events.Any(e => e.EventName == "StallEnded" && name.Equals(e.Payload![2])), "Its end");
        EventWrittenEventArgs told = listener.Events.First(e => e.EventName == "Stalled" && name.Equals(e.Payload![2]));
        Assert.True((double)told.Payload![3]! >= 50);
        Assert.Contains(nameof(A_stall_is_told_with_who_does_it_and_where), (string)told.Payload[4]!, StringComparison.Ordinal);
        Assert.Equal(0, listener.Count("Parked")); // Nobody asked for those.
    }

    [Fact]
    public void A_call_that_waits_for_a_worker_and_one_that_is_cancelled_are_told()
    {
        using Listener listener = new(EventLevel.Informational, "traced-worker");
        EventLoopOptions options = OnLoop.Small;
        options.Name = "traced-worker";
        options.MaxWorkers = 1;
        options.MaxWaitingWorkers = 1;
        OnLoop.Run(
            async loop =>
            {
                using CancellationTokenSource source = new();
                byte[] day = new byte[16];
                day[2] = 1; // 65,536 seconds.
                IoRequest sleep = IoRequest.Syscall(Numbers.Of("nanosleep"), day.AsMemory(), 0);
                Task<Completion>[] calls = [loop.CompleteAsync(sleep, source.Token).AsTask(), loop.CompleteAsync(sleep, source.Token).AsTask()];
                Assert.Equal(("nanosleep", 1), (listener.Single("CallQueued").Payload![1], listener.Single("CallQueued").Payload![2]));
                await source.CancelAsync();
                await Task.WhenAll(calls);
            },
            options);
        Assert.Equal(2, listener.Events.Count(e => e.EventName == "CallCancelled" && "nanosleep".Equals(e.Payload![1])));
        Assert.Contains(listener.Events, e => e.EventName == "CallCancelled" && false.Equals(e.Payload![2])); // The one that no worker had come to.
    }

    private sealed class Listener : EventListener
    {
        private readonly ConcurrentQueue<EventWrittenEventArgs> events = new();
        private readonly string loop;

        public Listener(EventLevel level, string loop)
        {
            this.loop = loop;
            EnableEvents(DispatchEventSource.Log, level, EventKeywords.All);
        }

        public IEnumerable<EventWrittenEventArgs> Events => events;

        public int Count(string name) => events.Count(e => e.EventName == name);

        public EventWrittenEventArgs Single(string name) => Assert.Single(events, e => e.EventName == name);

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (loop is not null && ReferenceEquals(eventData.EventSource, DispatchEventSource.Log) && eventData.Payload!.Contains(loop))
            {
                events.Enqueue(eventData);
            }
        }
    }
}
