namespace Dispatch.Reactive;

/// <summary>What may be asked of a loop from any thread.</summary>
internal static class EngineExtensions
{
    /// <summary>
    /// Says whether user code that was promised the loop's thread may run here. A message that a loop did not get to is run on the thread pool, and the messages of a loop whose thread has died by whoever reaps for it:
    /// neither is the thread that was promised.
    /// </summary>
    public static bool IsPromisedThread(this LoopEngine engine) => engine.IsOwner && !engine.OwnerIsDead;

    /// <summary>Makes the error of what the loop's end cut short.</summary>
    public static ObjectDisposedException Gone(this LoopEngine engine) =>
        new(engine.Loop.Name, $"{engine.Loop.Name} has stopped: what was to come on its thread does not come any more.");
}
