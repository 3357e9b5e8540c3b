using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Dispatch.Hosting;

/// <summary>Has what goes wrong on loops logged, before whatever policy the options have.</summary>
internal static class LoopReports
{
    private static readonly long Pause = Stopwatch.Frequency; // A blocking handler blocks at every request: one message a second is enough to find it.

    /// <summary>Puts the log in front of the options' own handlers.</summary>
    public static void Attach(DispatcherOptions options, ILogger logger)
    {
        options.UnhandledException = LogFirst(options.UnhandledException, logger);
        options.BlockingWait = LogFirst(options.BlockingWait, logger);
        options.StallDetected = LogFirst(options.StallDetected, logger);
    }

    private static Func<LoopFault, UnhandledExceptionAction> LogFirst(Func<LoopFault, UnhandledExceptionAction>? policy, ILogger logger) =>
        fault =>
        {
            UnhandledExceptionAction action = policy?.Invoke(fault) ?? UnhandledExceptionAction.Continue;
            LogMessages.Unhandled(logger, fault.Exception, fault.Loop.Name, fault.Source ?? "its code", action);
            return action;
        };

    private static Action<LoopStall> LogFirst(Action<LoopStall>? handler, ILogger logger) =>
        stall =>
        {
            string callback = stall.Callback ?? "its code";
            if (stall.HasEnded)
            {
                LogMessages.StallEnded(logger, stall.Loop.Name, callback, stall.Kind, stall.Elapsed);
            }
            else
            {
                LogMessages.Stalled(logger, stall.Loop.Name, stall.Elapsed, callback, stall.Kind, stall);
            }

            handler?.Invoke(stall);
        };

    private static Action<EventLoop, StackTrace> LogFirst(Action<EventLoop, StackTrace>? handler, ILogger logger)
    {
        long last = Stopwatch.GetTimestamp() - Pause;
        long suppressed = 0;
        return (loop, stack) =>
        {
            // Loops share this: whoever moves the time on writes the message.
            long now = Stopwatch.GetTimestamp();
            long seen = Volatile.Read(ref last);
            if (now - seen >= Pause && Interlocked.CompareExchange(ref last, now, seen) == seen)
            {
                LogMessages.BlockingWait(logger, loop.Name, Interlocked.Exchange(ref suppressed, 0), stack);
            }
            else
            {
                Interlocked.Increment(ref suppressed);
            }

            handler?.Invoke(loop, stack);
        };
    }
}
