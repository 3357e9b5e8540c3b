namespace Dispatch;

/// <summary>The stream of a <see cref="PipeSource"/>. Owner thread only.</summary>
internal sealed class PipeData : LoopStream<BufferLease>
{
    private readonly PipeReadOperation operation;

    public PipeData(PipeSource source, bool isMultishot, StreamOptions options)
        : base(source.Engine, options) => operation = new PipeReadOperation(this, source, isMultishot);

    /// <summary>Gets a value indicating whether somebody waits for data.</summary>
    public bool IsWanted => HasRoom;

    /// <summary>The source closes: what was not read goes back.</summary>
    public void Close()
    {
        DropUnread();
        End(null);
        operation.Stop();
    }

    /// <summary>Data has come.</summary>
    public void OnData(BufferLease lease) => Push(lease);

    /// <summary>The other side has closed, or a read has failed.</summary>
    public void OnEnd(Exception? reason) => End(reason);

    /// <summary>The request has ended, or a buffer has come back: it is armed again while somebody waits.</summary>
    public void OnDisarmed()
    {
        if (HasRoom)
        {
            ResumeIfConsumed();
        }
    }

    /// <inheritdoc/>
    internal override void Release(BufferLease item) => item.Dispose();

    /// <inheritdoc/>
    private protected override void Prepare()
    {
        base.Prepare();
        operation.Prepare();
    }

    /// <inheritdoc/>
    private protected override void OnResume() => operation.Arm();

    /// <inheritdoc/>
    private protected override void OnSuspend() => operation.Stop();
}
