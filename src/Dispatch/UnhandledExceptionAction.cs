namespace Dispatch;

/// <summary>What happens after an exception that user code let out on a loop.</summary>
public enum UnhandledExceptionAction
{
    /// <summary>The loop goes on. Only the consumer that threw has ended.</summary>
    Continue,

    /// <summary>The loop drains and stops; its <see cref="EventLoop.Completed"/> task fails with the exception.</summary>
    StopLoop,

    /// <summary>The process ends, as it does for an unhandled exception on any thread.</summary>
    FailFast,
}
