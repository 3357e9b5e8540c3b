using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Tracing;

namespace Dispatch;

/// <summary>
/// What loops do, as events: for <c>dotnet-trace collect --providers Dispatch</c>, PerfView and <see cref="EventListener"/>. Whoever writes one asks <see cref="EventSource.IsEnabled()"/> first, which is one load: while nobody listens nothing is
/// made and nothing allocated. The events' numbers and the keywords stay as they are. Any thread.
/// </summary>
[EventSource(Name = "Dispatch")]
[UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The arguments are strings and numbers, which nothing needs to be kept for.")]
internal sealed class DispatchEventSource : EventSource
{
    private DispatchEventSource()
    {
    }

    /// <summary>Gets the only one.</summary>
    public static DispatchEventSource Log { get; } = new();

    [Event(1, Level = EventLevel.Informational, Keywords = Keywords.Loops, Message = "{0} has started on {1}")]
    public void LoopStarted(string loop, string kernel) => WriteEvent(1, loop, kernel);

    [Event(2, Level = EventLevel.Warning, Keywords = Keywords.Loops, Message = "{0} runs on Linux AIO because io_uring was refused: {1}")]
    public void FellBack(string loop, string reason) => WriteEvent(2, loop, reason);

    [Event(3, Level = EventLevel.Informational, Keywords = Keywords.Loops, Message = "{0} has stopped {1}")]
    public void LoopStopped(string loop, string error) => WriteEvent(3, loop, error);

    [Event(4, Level = EventLevel.Verbose, Keywords = Keywords.Parking, Message = "{0} sleeps")]
    public void Parked(string loop) => WriteEvent(4, loop);

    [Event(5, Level = EventLevel.Verbose, Keywords = Keywords.Parking, Message = "{0} runs again")]
    public void Unparked(string loop) => WriteEvent(5, loop);

    [Event(6, Level = EventLevel.Warning, Keywords = Keywords.Stalls, Message = "{0} is held up for {3} ms by {2} ({1})")]
    public void Stalled(string loop, string kind, string callback, double milliseconds, string waitsAt, string kernelState) => WriteEvent(6, loop, kind, callback, milliseconds, waitsAt, kernelState);

    [Event(7, Level = EventLevel.Informational, Keywords = Keywords.Stalls, Message = "{0} was held up for {3} ms by {2} ({1})")]
    public void StallEnded(string loop, string kind, string callback, double milliseconds) => WriteEvent(7, loop, kind, callback, milliseconds);

    [Event(8, Level = EventLevel.Warning, Keywords = Keywords.Pressure, Message = "The completion queue of {0} was full")]
    public void Overflowed(string loop) => WriteEvent(8, loop);

    [Event(9, Level = EventLevel.Warning, Keywords = Keywords.Pressure, Message = "{0} had no free buffer for a receive")]
    public void BuffersStarved(string loop) => WriteEvent(9, loop);

    [Event(10, Level = EventLevel.Warning, Keywords = Keywords.Workers, Message = "{1} of {0} waits for a worker; {2} calls do")]
    public void CallQueued(string loop, string call, int queued) => WriteEvent(10, loop, call, queued);

    [Event(11, Level = EventLevel.Informational, Keywords = Keywords.Workers, Message = "{1} of {0} was cancelled; interrupted in its worker: {2}")]
    public void CallCancelled(string loop, string call, bool interrupted) => WriteEvent(11, loop, call, interrupted);

    [Event(12, Level = EventLevel.Informational, Keywords = Keywords.Drain, Message = "{0} loops of {1} drain, for up to {2} ms")]
    public void DrainStarted(int loops, string first, double deadlineMilliseconds) => WriteEvent(12, loops, first, deadlineMilliseconds);

    [Event(13, Level = EventLevel.Informational, Keywords = Keywords.Drain, Message = "Drained after {1} ms, in time: {2}; requests cancelled: {3}; unfinished: {4}")]
    public void DrainEnded(string first, double milliseconds, bool inTime, int cancelled, string unfinished) => WriteEvent(13, first, milliseconds, inTime, cancelled, unfinished);

    /// <summary>What to listen to.</summary>
    public static class Keywords
    {
        /// <summary>Starts and ends of loops, and their kernels.</summary>
        public const EventKeywords Loops = (EventKeywords)1;

        /// <summary>Every sleep. Many.</summary>
        public const EventKeywords Parking = (EventKeywords)2;

        /// <summary>Turns that take too long.</summary>
        public const EventKeywords Stalls = (EventKeywords)4;

        /// <summary>Full queues and missing buffers.</summary>
        public const EventKeywords Pressure = (EventKeywords)8;

        /// <summary>System calls that workers make.</summary>
        public const EventKeywords Workers = (EventKeywords)16;

        /// <summary>The ends of dispatchers.</summary>
        public const EventKeywords Drain = (EventKeywords)32;
    }
}
