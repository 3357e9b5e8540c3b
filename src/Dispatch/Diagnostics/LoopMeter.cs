using System.Diagnostics.Metrics;

namespace Dispatch;

/// <summary>
/// The loops' counters as metrics: the meter <see cref="Name"/>, for OpenTelemetry's <c>AddMeter</c>, <c>dotnet-counters</c> and <see cref="MeterListener"/>. Every instrument has the tag <c>dispatch.loop.name</c>. They are read when
/// somebody asks, so that a loop pays nothing for them.
/// </summary>
public static class LoopMeter
{
    /// <summary>The name of the meter.</summary>
    public const string Name = "Dispatch";

    internal const string LoopTag = "dispatch.loop.name";
    internal const string RequestTag = "dispatch.request.call";
    private const string StateTag = "dispatch.loop.state";

    /// <summary>Seconds: from a memory access to a human's patience.</summary>
    private static readonly double[] Boundaries = [1e-7, 1e-6, 5e-6, 1e-5, 5e-5, 1e-4, 5e-4, 1e-3, 5e-3, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

    private static readonly Meter Meter = Make();

    /// <summary>Gets the times from submission to the kernel.</summary>
    internal static Histogram<double> Queued { get; } = Duration("dispatch.request.queue.duration", "From a request's submission to its being entered to the kernel, or taken up by a worker.");

    /// <summary>Gets the times in the kernel.</summary>
    internal static Histogram<double> InKernel { get; } = Duration("dispatch.request.kernel.duration", "From there to the loop's seeing its completion.");

    /// <summary>Gets the times in code that completions are handed to.</summary>
    internal static Histogram<double> InCallback { get; } = Duration("dispatch.request.callback.duration", "In the code that a completion was handed to.");

    /// <summary>Gets how late loops are.</summary>
    internal static Histogram<double> Lag { get; } = Duration("dispatch.loop.lag", "From the loop's seeing a completion to its handing it over, and from a wake-up's being sent to the loop's running.");

    /// <summary>Gets how long turns take.</summary>
    internal static Histogram<double> Turns { get; } = Duration("dispatch.loop.turn.duration", "Of a turn in which there was something to do.");

    /// <summary>Gets how many completions a turn delivers.</summary>
    internal static Histogram<long> Batches { get; } = Meter.CreateHistogram("dispatch.loop.batch.size", "{completion}", "Completions delivered in a turn that had any.", null, new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] });

    /// <summary>Makes the meter, if there is none yet.</summary>
    internal static void Touch() => _ = Meter;

    private static Meter Make()
    {
        Meter meter = new(Name);
        Count(meter, "dispatch.loop.completions", "{completion}", "Completions delivered on their owner.", s => s.Completions);
        Count(meter, "dispatch.loop.enters", "{call}", "System calls into the ring.", s => s.Enters);
        Count(meter, "dispatch.loop.submissions", "{request}", "Requests given to the kernel.", s => s.Submissions);
        Count(meter, "dispatch.loop.turns", "{turn}", "Turns in which there was something to do.", s => s.Turns);
        Count(meter, "dispatch.loop.stalls", "{stall}", "Turns that took longer than StallThreshold.", s => s.Stalls);
        Count(meter, "dispatch.loop.overflows", "{call}", "System calls into the ring that found its completion queue full.", s => s.Overflows);
        Count(meter, "dispatch.loop.parks", "{park}", "How often the loop went to sleep.", s => s.Parks);
        Count(meter, "dispatch.loop.wakes", "{wake}", "How often another thread had to wake the loop.", s => s.Wakes);
        Count(meter, "dispatch.loop.hand_offs", "{completion}", "Results that crossed a thread.", s => s.HandOffs);
        Count(meter, "dispatch.loop.orphans", "{completion}", "Results that succeeded with no taker left.", s => s.Orphans);
        Count(meter, "dispatch.loop.exceptions", "{exception}", "Exceptions of user code that went to the policy.", s => s.UnhandledExceptions);
        Count(meter, "dispatch.loop.blocking_waits", "{wait}", "How often user code blocked the loop's thread.", s => s.BlockingWaits);
        Count(meter, "dispatch.loop.buffer_starvations", "{receive}", "Receives that found no free buffer.", s => s.BufferStarvations);
        Count(meter, "dispatch.loop.accept_backoffs", "{pause}", "Pauses in accepting because no descriptor was free.", s => s.AcceptBackoffs);
        Count(meter, "dispatch.loop.transient_errors", "{error}", "Transient errors of accepts that were retried.", s => s.TransientErrors);
        Count(meter, "dispatch.loop.connection_faults", "{connection}", "Connections whose handler ended with an error of the connection itself.", s => s.ConnectionFaults);
        Level(meter, "dispatch.loop.requests.in_flight", "{request}", "Requests that the kernel has.", s => s.InFlight);
        Level(meter, "dispatch.loop.requests.waiting", "{request}", "Requests that wait in user memory for room in the ring.", s => s.Backlog);
        Level(meter, "dispatch.loop.inbox.depth", "{message}", "Messages in the inbox.", s => s.InboxDepth);
        Count(meter, "dispatch.loop.workers.waits", "{call}", "System calls that had to wait for a worker because as many were busy as there may be.", s => s.CallWaits);
        Level(meter, "dispatch.loop.workers.threads", "{thread}", "Worker threads for system calls that the ring cannot make.", s => s.Workers);
        Level(meter, "dispatch.loop.workers.queue", "{call}", "System calls that wait for a worker.", s => s.QueuedCalls);
        meter.CreateObservableCounter("dispatch.loop.time", ReadTimes, "s", "What the loop's time goes into: sleep and turns. The rate of the first is how much of the time the loop is parked. Measured on loops with MeasureLatency.");
        return meter;
    }

    private static Histogram<double> Duration(string name, string description) => Meter.CreateHistogram(name, "s", description, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = Boundaries });

    private static IEnumerable<Measurement<double>> ReadTimes()
    {
        foreach (EventLoop loop in LoopRegistry.Loops)
        {
            if (loop.Engine.Latency is { } latency)
            {
                (TimeSpan parked, TimeSpan inTurns) = latency.Spent.Read();
                KeyValuePair<string, object?> name = new(LoopTag, loop.Name);
                yield return new Measurement<double>(parked.TotalSeconds, name, new KeyValuePair<string, object?>(StateTag, "parked"));
                yield return new Measurement<double>(inTurns.TotalSeconds, name, new KeyValuePair<string, object?>(StateTag, "turn"));
            }
        }
    }

    private static void Count(Meter meter, string name, string unit, string description, Func<LoopStatistics, long> read) =>
        meter.CreateObservableCounter(name, () => Read(read), unit, description);

    private static void Level(Meter meter, string name, string unit, string description, Func<LoopStatistics, long> read) =>
        meter.CreateObservableUpDownCounter(name, () => Read(read), unit, description);

    private static IEnumerable<Measurement<long>> Read(Func<LoopStatistics, long> read) =>
        LoopRegistry.Loops.Select(loop => new Measurement<long>(read(loop.Statistics), new KeyValuePair<string, object?>(LoopTag, loop.Name)));
}
