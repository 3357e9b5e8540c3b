using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// One awaited request: submitted by the owner, completed on the owner, resumed on the owner. Pooled; it returns to the pool when its result is read.
/// </summary>
internal sealed class RequestOperation : Operation, IOwnerSource, IValueTaskSource<int>, IValueTaskSource<Completion>
{
    private OwnerCompletionCore core;
    private Completion completion;
    private object? subject;
    private CancelLink cancel;

    public RequestOperation(LoopEngine engine)
        : base(engine)
    {
    }

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <summary>Gets the token for the ValueTask of the current use.</summary>
    public short Version => core.Version;

    /// <summary>Takes the request over and stages it. On an exception the operation is back in the pool.</summary>
    public void Begin(in IoRequest request, CancellationToken token)
    {
        if (request.IsBare)
        {
            StartEntry(request.Entry);
        }
        else
        {
            BeginWithReferences(request);
        }

        if (token.CanBeCanceled || request.DeadlineNanoseconds != 0)
        {
            cancel.Arm(this, request.DeadlineNanoseconds, token);
        }
    }

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => GetStatus(token);

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<Completion>.GetStatus(short token)
    {
        // A failure is in the completion: reading it never throws.
        core.Verify(token);
        return core.IsCompleted ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;
    }

    /// <inheritdoc/>
    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(Engine, this, continuation, state, token, flags);

    /// <inheritdoc/>
    void IValueTaskSource<Completion>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(Engine, this, continuation, state, token, flags);

    /// <inheritdoc/>
    int IValueTaskSource<int>.GetResult(short token)
    {
        core.VerifyCompleted(token);
        long result = completion.Result;
        if (result >= 0)
        {
            string? wide = result > int.MaxValue ? CallName : null;
            Recycle();
            return wide is null ? (int)result : throw OpcodeNames.TooWide(wide, result);
        }

        Exception error = cancel.Explain(Engine, Opcode, result, subject, CallName);
        Recycle();
        throw error;
    }

    /// <inheritdoc/>
    Completion IValueTaskSource<Completion>.GetResult(short token)
    {
        core.VerifyCompleted(token);
        Completion result = completion;
        Recycle();
        return result;
    }

    /// <inheritdoc/>
    public override void ReturnToPool() => Engine.RequestPool.Return(this);

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        if (!terminal)
        {
            completion = new Completion(0, entry); // For a zero-copy send this is the result, and what follows only says that its memory is free. Of a multishot the last one counts.
            return;
        }

        completion = (entry.Flags & IoUringAbi.IORING_CQE_F_NOTIF) == 0 ? new Completion(0, entry) : completion.Notified(entry);
        if (cancel.IsArmed)
        {
            cancel.Disarm();
        }

        if (!core.HasContinuation)
        {
            // Nobody awaits yet, and perhaps nobody ever will. Out of the table, a forgotten result is garbage instead of a leak;
            // one that is read after all takes a slot again.
            Engine.Table.Remove(this);
        }

        core.SetCompleted(Engine);
    }

    private void BeginWithReferences(in IoRequest request)
    {
        try
        {
            Start(request);
            subject = request.Subject;
        }
        catch
        {
            Engine.RequestPool.Return(this);
            throw;
        }
    }

    private ValueTaskSourceStatus GetStatus(short token)
    {
        core.Verify(token);
        return !core.IsCompleted ? ValueTaskSourceStatus.Pending
            : completion.Result >= 0 ? ValueTaskSourceStatus.Succeeded
            : completion.Result == -Errno.ECANCELED && !cancel.DeadlinePassed ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Faulted;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Recycle()
    {
        core.Reset();
        subject = null;
        cancel.Clear();

        Engine.RequestPool.ReturnFromAnyThread(this);
    }
}
