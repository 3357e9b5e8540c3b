namespace Dispatch;

/// <summary>What a <see cref="CancelLink"/> may ask to end. Owner thread only, but for <see cref="Engine"/> and <see cref="ArmedEpoch"/>.</summary>
internal interface ICancellable
{
    /// <summary>Gets the loop that owns it.</summary>
    LoopEngine Engine { get; }

    /// <summary>Gets the number of the current use, which a late cancel is checked against.</summary>
    uint CancelEpoch { get; }

    /// <summary>
    /// Gets or sets the epoch for which a token was armed. Its callback runs on any thread and may not read <see cref="CancelEpoch"/>: between the terminal completion and the
    /// disarming that waits for the callback, that is already the next tenant's.
    /// </summary>
    uint ArmedEpoch { get; set; }

    /// <summary>Asks it to end.</summary>
    void RequestCancel();
}
