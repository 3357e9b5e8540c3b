using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// One entry of a connection's send queue: all of its bytes, in order. It makes requests when it is its turn, one after the other, until everything is out; then the next one begins. Pooled by
/// the loop, so that idle connections hold none. Owner thread only.
/// </summary>
internal abstract class QueuedSend : Operation, IOwnerSource, IValueTaskSource
{
    private OwnerCompletionCore core;
    private CancelLink cancel;
    private int error;

    protected QueuedSend(LoopEngine engine)
        : base(engine)
    {
    }

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <summary>Gets or sets the next one in the connection's queue.</summary>
    public QueuedSend? NextQueued { get; set; }

    /// <summary>Gets a value indicating whether a cancel came, perhaps before its turn.</summary>
    public bool IsCancelRequested { get; private set; }

    /// <inheritdoc/>
    public override uint CancelEpoch => (ushort)core.Version;

    /// <summary>Gets the token for the ValueTask of the current use.</summary>
    public short Version => core.Version;

    /// <summary>Gets the connection, while it is in its queue.</summary>
    protected Connection? Connection { get; private set; }

    /// <summary>Gets the call that an error is explained by.</summary>
    protected virtual Opcode Call => Opcode.Send;

    /// <summary>Arms the token. Cancelling ends the send where it is; bytes already handed to the kernel stay sent.</summary>
    public void ArmCancel(CancellationToken token) => cancel.Arm(this, 0, token);

    /// <summary>Goes on with what is left. Called by the queue when it is this one's turn.</summary>
    public void Stage()
    {
        int broken = Connection!.Sends.Error;
        if (IsCancelRequested || broken != 0)
        {
            Finish(IsCancelRequested ? Errno.ECANCELED : broken);
        }
        else
        {
            StageRest();
        }
    }

    /// <summary>Cancels what is in flight, or, while it waits for its turn, keeps it from starting.</summary>
    public override void RequestCancel()
    {
        if (Connection is not null)
        {
            IsCancelRequested = true; // A cancel that comes late, when this use is over and its result not yet read, must not reach the next use.
            base.RequestCancel();
        }
    }

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
        Exception? failure = error == 0 ? null : Explain(error, cancel.Token);
        core.Reset();
        cancel.Clear();
        ReturnFromAnyThread();
        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>Takes note of a cancel that nothing in flight has to be told of.</summary>
    protected void NoteCancelRequest() => IsCancelRequested = true;

    /// <summary>The loop is gone: whoever awaits is told, and nothing else is touched. Any thread.</summary>
    protected void Abandon()
    {
        error = Errno.ECANCELED;
        core.SetCompleted(Engine);
    }

    /// <summary>Begins a use.</summary>
    protected void Begin(Connection connection)
    {
        IsCancelRequested = false;
        Connection = connection;
    }

    /// <summary>Stages the next request.</summary>
    protected abstract void StageRest();

    /// <summary>Takes note of bytes that are out. Returns whether they were the last.</summary>
    protected abstract bool Advance(int sent);

    /// <summary>Gives back the memory that was lent.</summary>
    protected abstract void ReturnMemory();

    /// <summary>Gives the object back to its pool from whichever thread read the result.</summary>
    protected abstract void ReturnFromAnyThread();

    /// <summary>Builds the exception for an error.</summary>
    protected virtual Exception Explain(int errno, CancellationToken token) => OpcodeNames.Explain(Call, -errno, null, token);

    /// <summary>Stages a request on the connection's descriptor.</summary>
    protected void StageEntry(in SubmissionEntry entry)
    {
        Connection!.OwnedDescriptor.AddUseWhileClosing();
        StartEntry(entry);
    }

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        Connection!.OwnedDescriptor.ReleaseUse();
        if (entry.Result < 0)
        {
            int errno = -entry.Result;
            if ((errno is Errno.EINTR or Errno.EAGAIN) && !IsCancelRequested)
            {
                Stage();
            }
            else
            {
                Finish(errno);
            }
        }
        else if (Advance(entry.Result))
        {
            Finish(0);
        }
        else
        {
            Stage();
        }
    }

    /// <summary>It is over: the memory is given back, the next one begins, and whoever awaits goes on.</summary>
    protected void Finish(int errno)
    {
        Connection finished = Settle(ref errno);
        ReturnMemory();
        Leave(finished, errno);
    }

    /// <summary>Its bytes are on their way, and the next one begins, while the kernel still has the memory. <see cref="CompleteLate"/> follows.</summary>
    protected void LeaveEarly(int errno)
    {
        Connection finished = Settle(ref errno);
        finished.Sends.OnFinished(errno);
    }

    /// <summary>The kernel has given the memory back: whoever awaits goes on.</summary>
    protected void CompleteLate()
    {
        ReturnMemory();
        if (!core.HasContinuation)
        {
            Engine.Table.Remove(this);
        }

        core.SetCompleted(Engine);
    }

    /// <summary>Leaves the queue, and tells whoever awaits.</summary>
    protected virtual void Leave(Connection from, int errno)
    {
        if (!core.HasContinuation)
        {
            Engine.Table.Remove(this); // Nobody awaits yet, and perhaps nobody ever will.
        }

        from.Sends.OnFinished(errno);
        core.SetCompleted(Engine);
    }

    private Connection Settle(ref int errno)
    {
        Connection finished = Connection!;
        if (errno == Errno.ECANCELED && finished.Sends.Error != 0 && !cancel.Token.IsCancellationRequested)
        {
            errno = finished.Sends.Error; // Not its caller cancelled it, but an abort of the connection: that is an error, and no cancellation.
        }

        error = errno;
        if (cancel.IsArmed)
        {
            cancel.Disarm();
        }

        IsCancelRequested = false;
        Connection = null; // An idle operation keeps no connection alive.
        return finished;
    }
}
