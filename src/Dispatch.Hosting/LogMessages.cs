using Microsoft.Extensions.Logging;

namespace Dispatch.Hosting;

/// <summary>What the package logs. The event ids stay as they are: people filter by them.</summary>
internal static partial class LogMessages
{
    /// <summary>The category.</summary>
    public const string Category = "Dispatch";

    [LoggerMessage(1, LogLevel.Information, "{Dispatcher}: {Loops} event loops on {Kernel}", EventName = "LoopsStarted")]
    public static partial void LoopsStarted(ILogger logger, string dispatcher, int loops, KernelKind kernel);

    [LoggerMessage(2, LogLevel.Warning, "{Dispatcher} runs on Linux AIO, which is slower, because io_uring was refused: {Reason}", EventName = "FellBack")]
    public static partial void FellBack(ILogger logger, string dispatcher, string reason);

    [LoggerMessage(3, LogLevel.Debug, "{Report}", EventName = "StartupReport")]
    public static partial void Report(ILogger logger, StartupReport report);

    [LoggerMessage(4, LogLevel.Error, "An exception went unhandled on {Loop}, in {Source}; then: {Action}", EventName = "UnhandledException")]
    public static partial void Unhandled(ILogger logger, Exception exception, string loop, object source, UnhandledExceptionAction action);

    [LoggerMessage(5, LogLevel.Warning, "Code blocks the thread of {Loop}, and with it every request of that loop. Await instead, or use OffloadAsync. ({Suppressed} more since the last message)\n{Stack}", EventName = "BlockingWait")]
    public static partial void BlockingWait(ILogger logger, string loop, long suppressed, System.Diagnostics.StackTrace stack);

    [LoggerMessage(6, LogLevel.Information, "{Dispatcher} drained in {Elapsed}", EventName = "Drained")]
    public static partial void Drained(ILogger logger, string dispatcher, TimeSpan elapsed);

    [LoggerMessage(7, LogLevel.Warning, "{Dispatcher} stopped after {Elapsed} with {Cancelled} requests cancelled at the deadline. What would not end: {Unfinished}", EventName = "DrainIncomplete")]
    public static partial void DrainIncomplete(ILogger logger, string dispatcher, TimeSpan elapsed, int cancelled, string unfinished);

    [LoggerMessage(8, LogLevel.Critical, "A loop of {Dispatcher} has stopped; the host stops with it", EventName = "LoopStopped")]
    public static partial void LoopStopped(ILogger logger, Exception exception, string dispatcher);

    [LoggerMessage(9, LogLevel.Warning, "{Dispatcher} was still draining when the host's shutdown timeout passed", EventName = "DrainTimedOut")]
    public static partial void DrainTimedOut(ILogger logger, string dispatcher);

    [LoggerMessage(10, LogLevel.Warning, "{Loop} has been held up for {Elapsed} by {Callback} ({Kind}), and with it every request of that loop. Await instead, or use OffloadAsync.\n{Stall}", EventName = "LoopStalled")]
    public static partial void Stalled(ILogger logger, string loop, TimeSpan elapsed, string callback, string kind, LoopStall stall);

    [LoggerMessage(11, LogLevel.Warning, "{Loop} goes on; {Callback} ({Kind}) has held it up for {Elapsed}", EventName = "LoopStallEnded")]
    public static partial void StallEnded(ILogger logger, string loop, string callback, string kind, TimeSpan elapsed);
}
