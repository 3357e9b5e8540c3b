using System.IO.Pipelines;

namespace Dispatch.AspNetCore;

/// <summary>
/// A connection's input as Kestrel wants it. A read from another thread (Kestrel begins connections on the thread pool) is made on the loop and continues there, unless the connection's requests run on the pool.
/// </summary>
internal sealed class TransportInput(Connection connection, TransportConnection owner) : PipeReader
{
    private readonly PipeReader inner = connection.Input;

    /// <inheritdoc/>
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (!owner.Placement.IsOnPool && !connection.Loop.IsOwner)
        {
            await connection.Loop.SwitchTo();
        }

        try
        {
            ReadResult result = await inner.ReadAsync(cancellationToken);
            if (owner.Placement.IsOnPool && connection.Loop.IsOwner)
            {
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }

            return result;
        }
        catch (Exception e) when (TransportErrors.ForRead(e, owner.AbortReason) is var told && !ReferenceEquals(told, e))
        {
            throw told;
        }
    }

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
}
