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

    private const string LoopTag = "dispatch.loop.name";

    private static readonly Meter Meter = Make();

    /// <summary>Makes the meter, if there is none yet.</summary>
    internal static void Touch() => _ = Meter;

    private static Meter Make()
    {
        Meter meter = new(Name);
        Count(meter, "dispatch.loop.completions", "{completion}", "Completions delivered on their owner.", s => s.Completions);
        Count(meter, "dispatch.loop.enters", "{call}", "System calls into the ring.", s => s.Enters);
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
        return meter;
    }

    private static void Count(Meter meter, string name, string unit, string description, Func<LoopStatistics, long> read) =>
        meter.CreateObservableCounter(name, () => Read(read), unit, description);

    private static void Level(Meter meter, string name, string unit, string description, Func<LoopStatistics, long> read) =>
        meter.CreateObservableUpDownCounter(name, () => Read(read), unit, description);

    private static IEnumerable<Measurement<long>> Read(Func<LoopStatistics, long> read) =>
        LoopRegistry.Loops.Select(loop => new Measurement<long>(read(loop.Statistics), new KeyValuePair<string, object?>(LoopTag, loop.Name)));
}
