namespace Dispatch;

/// <summary>A pooled source that embeds an <see cref="OwnerCompletionCore"/>.</summary>
internal interface IOwnerSource
{
    /// <summary>Gets the loop that completes it.</summary>
    LoopEngine Engine { get; }

    /// <summary>Gets the embedded core, in place.</summary>
    ref OwnerCompletionCore Core { get; }
}
