using System.Diagnostics;

namespace Dispatch;

/// <summary>Where exceptions of user code and blocking waits go: to the handlers in the options, never to nobody.</summary>
internal static class LoopFaults
{
    /// <summary>Applies the policy to one exception. Owner only.</summary>
    public static void Handle(LoopEngine engine, Exception exception, object? source)
    {
        UnhandledExceptionAction action = UnhandledExceptionAction.FailFast;
        if (engine.Options.UnhandledException is { } handler)
        {
            try
            {
                action = handler(new LoopFault(engine.Loop, exception, source));
            }
            catch (Exception second)
            {
                exception = new AggregateException("The UnhandledException handler itself threw.", exception, second);
            }
        }

        switch (action)
        {
            case UnhandledExceptionAction.Continue:
                break;
            case UnhandledExceptionAction.StopLoop:
                engine.Loop.RequestStop(exception);
                break;
            default:
                // As everywhere in .NET, an exception that nobody handles ends the process, with its stack.
                Environment.FailFast($"An unhandled exception was thrown on {engine.Loop.Name}. Set EventLoopOptions.UnhandledException to decide otherwise.", exception);
                break;
        }
    }

    /// <summary>Tells whoever asked that the loop's thread is about to block, with the stack that does it.</summary>
    public static void ReportBlockingWait(LoopEngine engine) => engine.Options.BlockingWait?.Invoke(engine.Loop, new StackTrace(skipFrames: 2, fNeedFileInfo: true));
}
