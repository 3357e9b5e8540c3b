using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>A listener's accepting: one multishot request, its queue of accepted connections, and its one consumer.</summary>
internal sealed class AcceptOperation : Operation, IOwnerSource, IObservable<Connection>, IValueTaskSource<Connection>
{
    private readonly Listener listener;
    private readonly ListenOptions options;
    private readonly Queue<Connection> ready = new(0);
    private readonly AcceptBackoff backoff;
    private OwnerCompletionCore core;
    private CancelLink cancel;
    private Connection? result;
    private Exception? failure;
    private IObserver<Connection>? observer;
    private bool awaited;
    private bool cancelling;

    public AcceptOperation(Listener listener, ListenOptions options)
        : base(listener.Engine, takesSlot: false)
    {
        this.listener = listener;
        this.options = options;
        backoff = new AcceptBackoff(this);
    }

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <inheritdoc/>
    public override uint CancelEpoch => (ushort)core.Version;

    private bool IsConsumed => awaited || observer is not null;

    /// <summary>Takes or awaits the next connection.</summary>
    public ValueTask<Connection> AcceptAsync(CancellationToken token)
    {
        VerifyFree();
        if (token.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<Connection>(token);
        }

        if (ready.TryDequeue(out Connection? connection))
        {
            return new(connection);
        }

        awaited = true;
        Arm();
        if (token.CanBeCanceled)
        {
            cancel.Arm(this, 0, token);
        }

        return new(this, core.Version);
    }

    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<Connection> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        Engine.VerifyOwner();
        VerifyFree();
        this.observer = observer;
        Engine.Posted.EnqueueLocal(static (s, _) => ((AcceptOperation)s!).Replay(), this);
        Arm();
        return new Subscription(this, observer);
    }

    /// <summary>The listener closes.</summary>
    public void Close()
    {
        backoff.Stop();
        RequestCancel();
        while (ready.TryDequeue(out Connection? connection))
        {
            Engine.CountOrphan();
            connection.Abort();
        }

        if (!InFlight)
        {
            End();
        }
    }

    /// <inheritdoc/>
    public override void RequestCancel()
    {
        cancelling = true;
        if (InFlight)
        {
            base.RequestCancel();
        }
        else
        {
            FinishCancel();
        }
    }

    /// <summary>Arms the request, if someone consumes and nothing stands against it.</summary>
    public void Arm()
    {
        if (InFlight || cancelling || backoff.IsActive || listener.IsClosed || !IsConsumed)
        {
            return;
        }

        SubmissionEntry entry = default;
        entry.Opcode = Opcode.Accept;
        entry.IoPriority = IoUringAbi.IORING_ACCEPT_MULTISHOT;
        entry.Fd = listener.OwnedDescriptor.Number;
        entry.OperationFlags = (uint)AcceptFlags.CloseOnExec;
        listener.OwnedDescriptor.AddUse();
        Engine.Table.Add(this);
        StartEntry(entry);
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token)
    {
        core.Verify(token);
        return !core.IsCompleted ? ValueTaskSourceStatus.Pending
            : failure is null ? ValueTaskSourceStatus.Succeeded
            : failure is OperationCanceledException ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Faulted;
    }

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(Engine, this, continuation, state, token, flags);

    /// <inheritdoc/>
    public Connection GetResult(short token)
    {
        core.VerifyCompleted(token);
        Connection? connection = result;
        Exception? thrown = failure;
        result = null;
        failure = null;
        core.Reset();
        cancel.Clear();
        return thrown is null ? connection! : throw thrown;
    }

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        if (terminal)
        {
            Engine.Table.Remove(this);
            listener.OwnedDescriptor.ReleaseUse();
        }

        if (entry.Result >= 0)
        {
            if (options.NoDelay)
            {
                SocketCalls.SetNoDelay(entry.Result);
            }

            Take(new Connection(Engine, new OwnedDescriptor(entry.Result)));
        }
        else if (entry.Result is -Errno.EMFILE or -Errno.ENFILE or -Errno.ENOMEM or -Errno.ENOBUFS)
        {
            // Arming again at once would fail at once: a loop that spins until somebody else closes a descriptor.
            Engine.Counters.AcceptBackoffs++;
            backoff.Start();
        }
        else if (entry.Result is not (-Errno.ECANCELED or -Errno.EBADF or -Errno.EINVAL))
        {
            // ECONNABORTED, EPROTO, network errors of the peer: accept4(2) says to treat them like EAGAIN.
            Engine.Counters.TransientErrors++;
        }
        else if (entry.Result != -Errno.ECANCELED && !listener.IsClosed)
        {
            failure = OpcodeNames.Explain(Opcode.Accept, entry.Result, listener.LocalEndPoint, default);
            End();
            return;
        }

        if (terminal)
        {
            if (cancelling)
            {
                FinishCancel();
            }

            Arm();
        }
    }

    private void FinishCancel()
    {
        cancelling = false;
        if (listener.IsClosed)
        {
            End();
        }
        else if (awaited && cancel.Token.IsCancellationRequested)
        {
            failure = new OperationCanceledException(cancel.Token);
            Resume(null);
        }
    }

    private void End()
    {
        if (awaited)
        {
            failure ??= new ObjectDisposedException(nameof(Listener), "The listener was closed while it was accepting.");
            Resume(null);
        }

        IObserver<Connection>? target = observer;
        observer = null;
        if (target is not null)
        {
            if (failure is { } error)
            {
                failure = null;
                target.OnError(error);
            }
            else
            {
                target.OnCompleted();
            }

            Engine.Scope.Restore();
        }
    }

    private void Take(Connection connection)
    {
        if (listener.IsClosed)
        {
            Engine.CountOrphan();
            connection.Abort();
        }
        else if (awaited)
        {
            Resume(connection);
        }
        else if (observer is { } target)
        {
            Hand(target, connection);
        }
        else
        {
            ready.Enqueue(connection);
            if (ready.Count >= options.AcceptQuota && InFlight && !cancelling)
            {
                RequestCancel(); // Nobody takes them: the rest waits in the kernel's backlog.
            }
        }
    }

    private void Hand(IObserver<Connection> target, Connection connection)
    {
        bool survived = false;
        try
        {
            target.OnNext(connection);
            survived = true;
        }
        finally
        {
            if (!survived)
            {
                observer = null; // It has ended its own subscription; the exception goes on to the loop's policy.
                RequestCancel();
            }

            Engine.Scope.Restore();
        }
    }

    private void Replay()
    {
        while (observer is { } target && ready.TryDequeue(out Connection? connection))
        {
            Hand(target, connection);
        }
    }

    private void Resume(Connection? connection)
    {
        awaited = false;
        result = connection;
        if (cancel.IsArmed)
        {
            cancel.Disarm();
        }

        core.SetCompleted(Engine);
    }

    private void VerifyFree()
    {
        ObjectDisposedException.ThrowIf(listener.IsClosed, listener);
        if (awaited || core.IsCompleted || observer is not null)
        {
            throw new InvalidOperationException("This listener is being accepted from already. One accept or one subscription at a time.");
        }
    }

    private sealed class Subscription(AcceptOperation owner, IObserver<Connection> observer) : IDisposable
    {
        private IObserver<Connection>? mine = observer;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref mine, null) is not { } current)
            {
                return;
            }

            if (owner.Engine.IsOwner)
            {
                Detach(current);
            }
            else
            {
                owner.Engine.Posted.TryPost((_, _) => Detach(current), null, 0);
            }
        }

        private void Detach(IObserver<Connection> current)
        {
            if (ReferenceEquals(owner.observer, current))
            {
                owner.observer = null;
                if (owner.InFlight)
                {
                    owner.RequestCancel();
                }
            }
        }
    }
}
