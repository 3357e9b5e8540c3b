namespace Dispatch;

/// <summary>A request's call on a worker. What it is about is read from the request's entry, which stays as it is until the request ends.</summary>
internal sealed class AioCall : WorkerCall
{
    /// <summary>Gets or sets the request.</summary>
    public EmulatedRequest? Request { get; set; }

    /// <summary>Gets or sets how many bytes the request had moved before.</summary>
    public long Done { get; set; }

    /// <inheritdoc/>
    public override bool IsRestarted => true; // No request of the ring ends by a signal.

    /// <inheritdoc/>
    protected override long Execute() => WorkerCalls.Run(this);
}
