using System.IO.Pipelines;

namespace Dispatch.AspNetCore;

/// <summary>
/// A connection's input as Kestrel wants it. A read from another thread (Kestrel begins connections on the thread pool) is made on the loop and continues there, unless the connection's requests run on the pool.
/// </summary>
internal sealed class TransportInput : PipeReader
{
    private readonly Connection connection;
    private readonly TransportConnection owner;
    private readonly ConnectionInput inner;

    public TransportInput(Connection connection, TransportConnection owner)
    {
        this.connection = connection;
        this.owner = owner;
        inner = (ConnectionInput)connection.Input;
        inner.Explanation = e => TransportErrors.ForRead(e, owner.AbortReason);
    }

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => Read(0, cancellationToken);

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        if (connection.Loop.IsOwner)
        {
            return inner.TryRead(out result);
        }

        result = default;
        return false; // What there is belongs to the loop; a read finds it.
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

    /// <inheritdoc/>
    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) =>
        connection.Engine.Posted.TryPost(static (s, _) => ((Connection)s!).AbandonInput(), connection, 0); // Behind an AdvanceTo that is on its way.

    /// <inheritdoc/>
    protected override ValueTask<ReadResult> ReadAtLeastAsyncCore(int minimumSize, CancellationToken cancellationToken) => Read(minimumSize, cancellationToken);

    private ValueTask<ReadResult> Read(int least, CancellationToken token)
    {
        bool isOnPool = owner.Placement.IsReadOnPool;
        try
        {
            return isOnPool || !connection.Loop.IsOwner
                ? inner.ReadFromElsewhere(least, isOnPool ? ReadResumption.Pool : ReadResumption.Owner, token)
                : inner.Read(least, token);
        }
        catch (ObjectDisposedException e)
        {
            return ValueTask.FromException<ReadResult>(inner.Told(e)); // Aborted: for Kestrel that is how a read ends, and no mistake of its own.
        }
    }
}
