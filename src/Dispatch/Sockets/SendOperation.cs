using System.Buffers;
using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// One awaited send: all of the bytes, in order. A short send goes on where it stopped, before any later send of the connection starts. Pooled by the loop, so that idle connections hold none.
/// </summary>
internal sealed class SendOperation : Operation, IOwnerSource, IValueTaskSource
{
    private Connection? connection;
    private OwnerCompletionCore core;
    private CancelLink cancel;
    private MemoryHandle pin;
    private BufferPool? heldPool;
    private int heldBuffer;
    private nint address;
    private int remaining;
    private int error;
    private bool cancelled;

    public SendOperation(LoopEngine engine)
        : base(engine)
    {
    }

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <summary>Gets or sets the next one in the connection's queue.</summary>
    public SendOperation? NextQueued { get; set; }

    /// <summary>Gets a value indicating whether a cancel came before its turn.</summary>
    public bool IsCancelRequested => cancelled;

    /// <inheritdoc/>
    public override uint CancelEpoch => (ushort)core.Version;

    /// <summary>Gets the token for the ValueTask of the current use.</summary>
    public short Version => core.Version;

    /// <summary>Prepares to send from memory that is pinned here until the end.</summary>
    public void Prepare(Connection connection, ReadOnlyMemory<byte> data)
    {
        cancelled = false;
        pin = data.Pin();
        this.connection = connection;
        unsafe
        {
            address = (nint)pin.Pointer;
        }

        remaining = data.Length;
    }

    /// <summary>Prepares to send from a leased buffer, which stays out of the pool until the end even if the lease is disposed before.</summary>
    public void Prepare(Connection connection, in BufferLease data)
    {
        cancelled = false;
        address = data.Hold(out heldBuffer);
        this.connection = connection;
        heldPool = data.Pool;
        remaining = data.Length;
    }

    /// <summary>Arms the token. Cancelling ends the send where it is; bytes already handed to the kernel stay sent.</summary>
    public void ArmCancel(CancellationToken token) => cancel.Arm(this, 0, token);

    /// <summary>Stages the bytes that remain. Called by the connection when it is this one's turn.</summary>
    public void Stage()
    {
        Connection on = connection!;
        if (cancelled || on.SendError != 0)
        {
            Finish(cancelled ? Errno.ECANCELED : on.SendError);
            return;
        }

        SubmissionEntry entry = default;
        entry.Opcode = Opcode.Send;
        entry.Fd = on.OwnedDescriptor.Number;
        entry.Address = (ulong)address;
        entry.Length = (uint)remaining;

        // WAITALL: the kernel itself goes on after a short send, without a completion between. NOSIGNAL: a vanished peer is an error, not a signal.
        entry.OperationFlags = (uint)(MessageFlags.WaitAll | MessageFlags.NoSignal);
        on.OwnedDescriptor.AddUseWhileClosing();
        StartEntry(entry);
    }

    /// <summary>Cancels what is in flight, or, while it waits for its turn, keeps it from starting.</summary>
    public override void RequestCancel()
    {
        if (connection is not null)
        {
            cancelled = true; // A cancel that comes late, when this use is over and its result not yet read, must not reach the next use.
            base.RequestCancel();
        }
    }

    /// <inheritdoc/>
    public override void ReturnToPool() => Engine.SendPool.Return(this);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token)
    {
        core.Verify(token);
        return !core.IsCompleted ? ValueTaskSourceStatus.Pending
            : error == 0 ? ValueTaskSourceStatus.Succeeded
            : error == Errno.ECANCELED ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Faulted;
    }

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(Engine, this, continuation, state, token, flags);

    /// <inheritdoc/>
    public void GetResult(short token)
    {
        core.VerifyCompleted(token);
        Exception? failure = error == 0 ? null : OpcodeNames.Explain(Opcode.Send, -error, null, cancel.Token);
        core.Reset();
        cancel.Clear();
        Engine.SendPool.ReturnFromAnyThread(this);
        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        connection!.OwnedDescriptor.ReleaseUse();
        if (entry.Result < 0)
        {
            int errno = -entry.Result;
            if ((errno is Errno.EINTR or Errno.EAGAIN) && !cancelled)
            {
                Stage();
                return;
            }

            Finish(errno);
            return;
        }

        remaining -= entry.Result;
        address += entry.Result;
        if (remaining > 0)
        {
            Stage();
            return;
        }

        Finish(0);
    }

    private void Finish(int errno)
    {
        Connection finished = connection!;
        if (errno == Errno.ECANCELED && finished.SendError != 0 && !cancel.Token.IsCancellationRequested)
        {
            errno = finished.SendError; // Not its caller cancelled it, but an abort of the connection: that is an error, and no cancellation.
        }

        error = errno;
        if (cancel.IsArmed)
        {
            cancel.Disarm();
        }

        pin.Dispose();
        pin = default;
        if (heldPool is { } pool)
        {
            heldPool = null;
            pool.ReleaseHold(heldBuffer);
        }

        if (!core.HasContinuation)
        {
            Engine.Table.Remove(this);
        }

        cancelled = false;
        connection = null; // An idle operation keeps no connection alive.
        finished.OnSendFinished(errno);
        core.SetCompleted(Engine);
    }
}
