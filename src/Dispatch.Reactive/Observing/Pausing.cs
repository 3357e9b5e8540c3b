namespace Dispatch.Reactive;

/// <summary>Which streams can be paused: those of the core, whose next subscriber goes on where the last one stopped, so that letting go of one is a pause.</summary>
internal static class Pausing
{
    /// <summary>Gets the engine of the loop on which a stream can be paused, or null when it cannot be.</summary>
    public static LoopEngine? EngineOf<T>(IObservable<T> source) => source switch
    {
        ISubscriptionOwner<T> stream => stream.Engine,
        IPausable link => link.PausableOn,
        _ => null,
    };
}
