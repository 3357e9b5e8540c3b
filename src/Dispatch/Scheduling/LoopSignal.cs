namespace Dispatch;

/// <summary>
/// Says that the owner has left itself something to do: staged requests, queued callbacks, a timer to look at. One flag for all of them, so that an empty
/// poll looks at one word instead of five queues. Raised by whoever adds; lowered by the engine when it finds everything empty. Owner thread only.
/// </summary>
internal sealed class LoopSignal
{
    /// <summary>Gets or sets a value indicating whether there may be something.</summary>
    public bool IsRaised { get; set; }
}
