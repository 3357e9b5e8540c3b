namespace Dispatch;

/// <summary>Which loop the calling thread owns. Kept by the thread itself, so a thread that ends takes its claim with it and no successor inherits it.</summary>
internal static class LoopThread
{
    [ThreadStatic]
    private static LoopEngine? current;

    /// <summary>Gets the calling thread's loop.</summary>
    public static LoopEngine? Current => current;

    /// <summary>Makes the calling thread the owner. A thread owns one loop at most.</summary>
    public static void Claim(LoopEngine engine) => current = engine;

    /// <summary>Ends the ownership.</summary>
    public static void Release() => current = null;

    public static void ThrowNotOwner(EventLoop loop)
    {
        // After its end a loop has no owner any more; the one who was it wants to hear that, and not that the thread is wrong.
        ObjectDisposedException.ThrowIf(loop.Completed.IsCompleted, loop);
        throw new InvalidOperationException(current is null
            ? $"This member belongs to the thread of {loop.Name}, and the calling thread is another. Use ExecuteAsync, Post or InvokeAsync, which work from any thread."
            : $"This member belongs to the thread of {loop.Name}, and the calling thread owns {current.Loop.Name}. Use ExecuteAsync, Post or InvokeAsync, which work from any thread.");
    }

    public static void ThrowNestedTurn() => throw new InvalidOperationException(
        "Poll and Run cannot be called inside a turn of the same loop: the code that calls them is itself being run by one. Return (or await) instead, and the turn goes on.");
}
