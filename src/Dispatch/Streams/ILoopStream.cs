namespace Dispatch;

/// <summary>A stream that somebody consumes, as its loop knows it. Owner thread only.</summary>
internal interface ILoopStream
{
    /// <summary>Gets or sets a value indicating whether it is in its loop's list.</summary>
    bool IsAttached { get; set; }

    /// <summary>Gets or sets the neighbour that was attached before it, or null.</summary>
    ILoopStream? NextAttached { get; set; }

    /// <summary>Gets or sets the neighbour that was attached after it, or null.</summary>
    ILoopStream? PreviousAttached { get; set; }

    /// <summary>The loop ends: nothing more comes, and whoever waits has to be told.</summary>
    void OnLoopEnding();
}
