using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>A listener's accepting: one multishot request, its queue of accepted connections, and its one consumer.</summary>
internal sealed class AcceptOperation : Operation, IOwnerSource, IObservable<Connection>, ISubscriptionOwner<Connection>, IValueTaskSource<Connection>
{
    private readonly Listener listener;
    private readonly ListenerOptions options;
    private readonly Queue<Connection> ready = new(0);
    private readonly AcceptBackoff backoff;
    private OwnerCompletionCore core;
    private CancelLink cancel;
    private Connection? result;
    private Exception? failure;
    private HandleSubscription<Connection>? subscription;
    private object? reader;
    private bool awaited;
    private bool cancelling;

    public AcceptOperation(Listener listener, ListenerOptions options)
        : base(listener.Engine, settled: false)
    {
        this.listener = listener;
        this.options = options;
        backoff = new AcceptBackoff(this);
    }

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <inheritdoc/>
    public override object? Observer => subscription;

    /// <inheritdoc/>
    public override uint CancelEpoch => (ushort)core.Version;

    private bool IsConsumed => awaited || subscription is not null;

    /// <summary>Takes or awaits the next connection.</summary>
    /// <param name="by">Who asks: what stands for an enumeration, which keeps others out from now on until it <see cref="Leave"/>s; null for a single accept.</param>
    /// <param name="token">Gives up waiting.</param>
    public ValueTask<Connection> AcceptAsync(object? by, CancellationToken token)
    {
        VerifyFree(by);
        reader = by;
        if (token.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<Connection>(token);
        }

        if (ready.TryDequeue(out Connection? connection))
        {
            return new(connection);
        }

        Engine.VerifyOpen();
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
        HandleSubscription<Connection> created = new(this, observer);
        if (Engine.IsOwner)
        {
            Attach(created);
        }
        else
        {
            Engine.Posted.Post(static (s, _) => ((HandleSubscription<Connection>)s!).AttachFromInbox(), created, 0);
        }

        return created;
    }

    /// <summary>Makes a subscription the consumer. Owner only.</summary>
    public void Attach(HandleSubscription<Connection> created)
    {
        VerifyFree(null);
        Engine.VerifyOpen();
        subscription = created;
        if (ready.Count != 0)
        {
            Engine.Posted.EnqueueLocal((s, _) => Replay((HandleSubscription<Connection>)s!), created);
        }

        Arm();
    }

    /// <summary>The subscription is the consumer no more. Owner only.</summary>
    public void Detach(HandleSubscription<Connection> from)
    {
        if (ReferenceEquals(subscription, from))
        {
            subscription = null;
            if (InFlight)
            {
                RequestCancel();
            }
        }
    }

    /// <summary>The enumeration is the consumer no more. What was accepted and not taken is the next consumer's. Owner only.</summary>
    public void Leave(object enumeration)
    {
        if (ReferenceEquals(reader, enumeration))
        {
            reader = null;
            if (InFlight)
            {
                RequestCancel();
            }
        }
    }

    /// <summary>The listener closes.</summary>
    public void Close()
    {
        backoff.Stop();
        while (ready.TryDequeue(out Connection? connection))
        {
            Engine.CountOrphan();
            connection.Abort();
        }

        if (InFlight)
        {
            RequestCancel();
        }
        else
        {
            EndLater();
        }
    }

    /// <summary>The loop ends while accepting pauses: nothing is in flight that could tell the consumer.</summary>
    public void OnBackoffAbandoned() => EndLater();

    /// <inheritdoc/>
    public override void RequestCancel()
    {
        if (InFlight)
        {
            cancelling = true;
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
        if (InFlight || backoff.IsActive || listener.IsClosed || !IsConsumed)
        {
            return;
        }

        SubmissionEntry entry = default;
        entry.Opcode = Opcode.Accept;
        entry.IoPriority = IoUringAbi.IORING_ACCEPT_MULTISHOT;
        entry.Fd = listener.OwnedDescriptor.Number;
        entry.OperationFlags = (uint)AcceptFlags.CloseOnExec;
        listener.OwnedDescriptor.AddUse();
        TakeSlot();
        cancelling = false; // Whoever asked, asked for the end of the request before this one.
        StartEntry(entry);
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token, in failure);

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
        cancel.Clear();
        core.Reset();
        return thrown is null ? connection! : throw thrown;
    }

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        if (!terminal)
        {
            Take(entry.Result);
            return;
        }

        Engine.Table.Remove(this);
        listener.OwnedDescriptor.ReleaseUse();
        try
        {
            Take(entry.Result);
        }
        finally
        {
            Continue(entry.Result); // Also when the consumer threw.
        }
    }

    private void Continue(int outcome)
    {
        bool wasCancelling = cancelling;
        if (cancelling && !InFlight)
        {
            FinishCancel(); // In flight again, by a consumer that was handed the last connection: then the cancel is the new request's, and its answer to come.
        }

        if (listener.IsClosed || Engine.IsClosed)
        {
            // Armed again on a loop that ends, it would only be cancelled again, and the loop could not end.
            EndConsumer(null);
            return;
        }

        switch (outcome)
        {
            case >= 0:
                break;
            case -Errno.ECANCELED:
                if (!wasCancelling)
                {
                    EndConsumer(OpcodeNames.Explain(Opcode.Accept, outcome, listener.LocalEndPoint, cancel.Token)); // Everything on the loop was cancelled.
                }

                break;
            case -Errno.EMFILE or -Errno.ENFILE or -Errno.ENOMEM or -Errno.ENOBUFS:
                // Arming again at once would fail at once: a loop that spins until somebody else closes a descriptor.
                Engine.Counters.AcceptBackoffs++;
                if (IsConsumed)
                {
                    backoff.Start();
                }

                break;
            case -Errno.EBADF or -Errno.EINVAL:
                EndConsumer(OpcodeNames.Explain(Opcode.Accept, outcome, listener.LocalEndPoint, default));
                break;
            default:
                // ECONNABORTED, EPROTO, network errors of the peer: accept4(2) says to treat them like EAGAIN.
                Engine.Counters.TransientErrors++;
                break;
        }

        Arm();
    }

    private void FinishCancel()
    {
        cancelling = false;
        if (awaited && cancel.Token.IsCancellationRequested)
        {
            failure = new OperationCanceledException(cancel.Token);
            Resume(null);
        }
    }

    /// <summary>By way of the queue: user code runs in turns, and one that throws must not keep the descriptor from being closed.</summary>
    private void EndLater()
    {
        if (IsConsumed)
        {
            Engine.Posted.EnqueueLocal(static (s, _) => ((AcceptOperation)s!).EndConsumer(null), this);
        }
    }

    private void EndConsumer(Exception? reason)
    {
        if (awaited)
        {
            failure = reason ?? new ObjectDisposedException(nameof(Listener), "The listener, or its loop, was closed while it was accepting.");
            Resume(null);
        }
        else if (subscription is { } current)
        {
            subscription = null;
            current.End(reason);
        }
    }

    private void Take(int descriptor)
    {
        if (descriptor < 0)
        {
            return;
        }

        SocketOptions.Apply(Engine.Ring.Calls, descriptor, listener.Family, options.Connections);
        Connection connection = new(Engine, new OwnedDescriptor(descriptor, Engine.Ring.Calls), listener.Family, null, options.Connections);
        if (listener.IsClosed)
        {
            Engine.CountOrphan();
            connection.Abort();
        }
        else if (awaited)
        {
            Resume(connection);
        }
        else if (subscription is { IsDisposed: false } current && ready.Count == 0)
        {
            current.Next(connection);
        }
        else
        {
            // Nobody takes it, or the subscriber has older ones to take first: its replay takes this along.
            ready.Enqueue(connection);
            if (ready.Count >= options.AcceptQuota && InFlight && !cancelling)
            {
                RequestCancel(); // The rest waits in the kernel's backlog.
            }
        }
    }

    private void Replay(HandleSubscription<Connection> to)
    {
        while (ReferenceEquals(subscription, to) && !to.IsDisposed && ready.TryDequeue(out Connection? connection))
        {
            to.Next(connection);
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

    private void VerifyFree(object? by)
    {
        ObjectDisposedException.ThrowIf(listener.IsClosed, listener);
        if (awaited || core.IsCompleted || subscription is not null || (reader is not null && !ReferenceEquals(reader, by)))
        {
            throw new InvalidOperationException("This listener is being accepted from already. One accept, one enumeration or one subscription at a time.");
        }
    }
}
