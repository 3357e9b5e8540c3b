using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// The one await of a connection's receiving: for a lease, for a copy into the caller's memory, or only for there to be something to read. Owner thread only, but for the reading of its result.
/// </summary>
internal sealed class ReceiveAwait(ReceiveOperation operation, UnreadLeases unread) : IOwnerSource, IValueTaskSource<BufferLease>, IValueTaskSource<int>
{
    private OwnerCompletionCore core;
    private CancelLink cancel;
    private Memory<byte> destination;
    private BufferLease result;
    private int copied;
    private Exception? failure;

    /// <inheritdoc/>
    public LoopEngine Engine => operation.Engine;

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <summary>Gets a value indicating whether somebody waits.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Gets a value indicating whether it only waits for there to be something.</summary>
    public bool IsProbe { get; private set; }

    /// <summary>Gets a value indicating whether somebody waits, or has a result to take.</summary>
    public bool IsBusy => IsWaiting || core.IsCompleted;

    /// <summary>Gets the token.</summary>
    public CancellationToken Token => cancel.Token;

    /// <summary>Begins, and receives.</summary>
    public void Begin(Memory<byte> into, bool isProbe, CancellationToken token)
    {
        operation.Prepare();
        destination = into;
        IsProbe = isProbe;
        IsWaiting = true;
        operation.Arm();
        if (token.CanBeCanceled)
        {
            cancel.Arm(operation, 0, token);
        }
    }

    /// <summary>Ends it with what has come; an empty lease is the end of the stream, or what a probe is told.</summary>
    public void Resume(BufferLease lease)
    {
        IsWaiting = false;
        if (cancel.IsArmed)
        {
            cancel.Disarm();
        }

        if (IsProbe)
        {
            IsProbe = false;
            copied = 0;
            if (!lease.IsEmpty)
            {
                unread.Add(lease); // Nothing waits before it: it is the next reader's.
            }
        }
        else if (destination.IsEmpty)
        {
            result = lease;
        }
        else
        {
            // Here and not when the result is read, which may be on another thread while more arrives.
            CopyResult(lease);
        }

        core.SetCompleted(Engine);
    }

    /// <summary>Ends it: nothing more comes, for this reason or for none.</summary>
    public void End(Exception? reason)
    {
        failure = reason;
        Resume(default);
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token, in failure);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(Engine, this, continuation, state, token, flags);

    /// <inheritdoc/>
    BufferLease IValueTaskSource<BufferLease>.GetResult(short token)
    {
        core.VerifyCompleted(token);
        BufferLease lease = result;
        FinishUse();
        return lease.Taken();
    }

    /// <inheritdoc/>
    int IValueTaskSource<int>.GetResult(short token)
    {
        core.VerifyCompleted(token);
        int count = copied;
        FinishUse();
        return count;
    }

    private void CopyResult(BufferLease lease)
    {
        Memory<byte> target = destination;
        destination = default;
        copied = 0;
        if (lease.IsEmpty)
        {
            return;
        }

        try
        {
            copied = unread.Copy(lease, target);
        }
        catch (Exception e)
        {
            failure = e; // The memory is the caller's, and so is what it throws.
        }
    }

    private void FinishUse()
    {
        Exception? thrown = failure;
        result = default;
        failure = null;
        cancel.Clear();
        core.Reset();
        if (thrown is not null)
        {
            throw thrown;
        }
    }
}
