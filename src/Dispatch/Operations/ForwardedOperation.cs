using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// A request sent by a thread that does not own the loop: it travels through the inbox, and its awaiter resumes where it was (its context, or the thread
/// pool). Made for one use; the crossing costs more than the object.
/// </summary>
internal sealed class ForwardedOperation : IValueTaskSource<int>, IValueTaskSource<Completion>
{
    private readonly LoopEngine engine;
    private readonly IoRequest request;
    private readonly CancellationToken token;
    private ManualResetValueTaskSourceCore<Completion> core = new() { RunContinuationsAsynchronously = true };
    private bool deadlinePassed;

    private ForwardedOperation(LoopEngine engine, in IoRequest request, CancellationToken token)
    {
        this.engine = engine;
        this.request = request;
        this.token = token;
    }

    /// <summary>Sends the request on its way.</summary>
    public static ForwardedOperation Start(LoopEngine engine, in IoRequest request, CancellationToken token)
    {
        ForwardedOperation operation = new(engine, request, token);
        engine.Posted.Post(static (s, _) => ((ForwardedOperation)s!).Submit(), operation, 0);
        return operation;
    }

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<Completion>.GetStatus(short token) => core.GetStatus(token);

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token)
    {
        ValueTaskSourceStatus status = core.GetStatus(token);
        if (status != ValueTaskSourceStatus.Succeeded || core.GetResult(token).Result >= 0)
        {
            return status;
        }

        return core.GetResult(token).ErrorNumber == Errno.ECANCELED && !deadlinePassed ? ValueTaskSourceStatus.Canceled : ValueTaskSourceStatus.Faulted;
    }

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);

    /// <inheritdoc/>
    int IValueTaskSource<int>.GetResult(short token)
    {
        Completion completion = core.GetResult(token);
        if (completion.Result >= 0)
        {
            return completion.Result <= int.MaxValue ? (int)completion.Result : throw OpcodeNames.TooWide(request.Name, completion.Result);
        }

        if (deadlinePassed && Errno.FromResult(completion.Result, cancelAsked: true) == Errno.ECANCELED)
        {
            throw new TimeoutException($"{request.Name} did not complete before its deadline and was cancelled.");
        }

        throw OpcodeNames.Explain(engine, request.Entry.Opcode, completion.Result, request.Subject, this.token, request.Name);
    }

    /// <inheritdoc/>
    Completion IValueTaskSource<Completion>.GetResult(short token) => core.GetResult(token);

    private void Submit()
    {
        engine.CountHandOff();
        if (engine.IsClosed || !engine.IsOwner)
        {
            // The loop ended while this was on its way. Its ring takes nothing any more.
            core.SetException(new ObjectDisposedException(engine.Loop.Name));
            return;
        }

        if (token.IsCancellationRequested)
        {
            core.SetResult(new Completion(0, -Errno.ECANCELED, CompletionFlags.None));
            return;
        }

        try
        {
            // Not only a courtesy: this may run late, when the loop has stopped, even on the thread pool when the loop's inbox was abandoned. The queues may be gone by then.
            engine.VerifyOpen();
            _ = new Leg(this);
        }
        catch (Exception e) when (e is ObjectDisposedException or ArgumentException or InvalidOperationException)
        {
            core.SetException(e); // What a submit on the owner would have thrown at the caller.
        }
    }

    /// <summary>The part of it that lives in the owner's table.</summary>
    private sealed class Leg : Operation
    {
        private readonly ForwardedOperation parent;
        private CancelLink cancel;
        private Completion sent;

        public Leg(ForwardedOperation parent)
            : base(parent.engine)
        {
            this.parent = parent;
            try
            {
                Start(parent.request);
            }
            catch
            {
                Engine.Table.Remove(this);
                throw;
            }

            if (parent.token.CanBeCanceled || parent.request.DeadlineNanoseconds != 0)
            {
                cancel.Arm(this, parent.request.DeadlineNanoseconds, parent.token);
            }
        }

        protected override void OnCompletion(in CompletionEntry entry, bool terminal)
        {
            if (!terminal)
            {
                sent = new Completion(0, entry); // The result of a zero-copy send, whose memory is free later.
                return;
            }

            if (cancel.IsArmed)
            {
                cancel.Disarm();
                parent.deadlinePassed = cancel.DeadlinePassed;
            }

            Engine.Table.Remove(this);
            Engine.CountHandOff();
            parent.core.SetResult((entry.Flags & IoUringAbi.IORING_CQE_F_NOTIF) == 0 ? new Completion(0, entry) : sent.Notified(entry));
        }
    }
}
