namespace Dispatch.Reactive;

/// <summary>An operator without a memory of its own, behind which a stream can be paused as the stream itself can.</summary>
internal interface IPausable
{
    /// <summary>Gets the engine of the stream's loop, or null when the stream cannot be paused.</summary>
    LoopEngine? PausableOn { get; }
}
