using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// A connection's received data as a <see cref="PipeReader"/>. Its sequences point into the buffers that the kernel filled. A reader that does not read stops the receiving, so that the peer's window closes; one that
/// has examined everything and waits for more always gets more. One thread at a time may use it; on others than the owner's, calls take the way through the inbox.
/// </summary>
internal sealed class ConnectionInput : PipeReader, IOwnerSource, IValueTaskSource<ReadResult>, ICancellable
{
    private readonly Connection connection;
    private readonly InputChain chain;
    private OwnerCompletionCore core;
    private CancelLink cancel;
    private ReadResult result;
    private ForeignReader? foreign;
    private Exception? failure;
    private long examined;
    private int minimum;
    private volatile InputState state;
    private bool isPending;
    private bool isCancelRequested;
    private volatile bool isCompleted;

    public ConnectionInput(Connection connection)
    {
        this.connection = connection;
        chain = new InputChain(connection);
    }

    /// <inheritdoc/>
    public LoopEngine Engine => connection.Engine;

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <inheritdoc/>
    public uint CancelEpoch => (ushort)core.Version;

    /// <inheritdoc/>
    public uint ArmedEpoch { get; set; }

    /// <summary>Gets or sets what turns an exception of a read into the one that is thrown; null throws it as it is.</summary>
    public Func<Exception, Exception>? Explanation { get; set; }

    /// <summary>Gets the connection.</summary>
    public Connection Connection => connection;

    /// <summary>Gets a value indicating whether a read waits, or its result is still being looked at.</summary>
    public bool IsBusy => isPending || core.IsCompleted || state is InputState.Reading or InputState.Advancing;

    private ReceiveConsumer Consumer => connection.Receiving;

    /// <summary>Gets the reader of another thread than the owner's, which is made for the first such.</summary>
    private ForeignReader Foreign => foreign ?? Interlocked.CompareExchange(ref foreign, new ForeignReader(this), null) ?? foreign;

    /// <summary>The refusal of a second read.</summary>
    public static InvalidOperationException ReadsAlready() => new("A read is waiting already. One read at a time: the bytes have one order.");

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        Engine.IsOwner ? Read(0, cancellationToken) : ReadFromElsewhere(0, ReadResumption.Caller, cancellationToken);

    /// <summary>Reads for another thread, or for the code of one: any thread.</summary>
    public ValueTask<ReadResult> ReadFromElsewhere(int least, ReadResumption resumption, CancellationToken token) => Foreign.Begin(least, resumption, token);

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        if (!Engine.IsOwner)
        {
            return Foreign.TryRead(out result);
        }

        VerifyMayRead();
        Pull();
        if (TryTake(0, out result, out Exception? error))
        {
            return true;
        }

        if (error is not null)
        {
            throw Told(error);
        }

        Consumer.ArmForInput(); // So that a later try finds something.
        return false;
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        VerifyNotCompleted();
        if (state is InputState.Idle or InputState.Advancing)
        {
            throw new InvalidOperationException("There is no read to advance: AdvanceTo is called once after each read.");
        }

        long upTo = chain.PlaceOf(consumed, nameof(consumed));
        long seen = chain.PlaceOf(examined, nameof(examined));
        ArgumentOutOfRangeException.ThrowIfLessThan(seen, upTo, nameof(examined));
        if (Engine.IsOwner)
        {
            Advance(upTo, seen);
        }
        else
        {
            state = InputState.Advancing;
            Foreign.Advance(upTo, seen);
        }
    }

    /// <inheritdoc/>
    public override void CancelPendingRead() =>
        Engine.Posted.TryPost(static (s, _) => ((ConnectionInput)s!).OnCancelPending(), this, 0); // Also on the owner: who cancels does not find the reader's code in its stack.

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        if (Engine.IsOwner)
        {
            CompleteOnOwner();
        }
        else
        {
            Engine.Posted.TryPost(static (s, _) => ((ConnectionInput)s!).CompleteFromInbox(), this, 0);
        }
    }

    /// <summary>Data has come while a read waits.</summary>
    public void OnArrived(BufferLease lease)
    {
        chain.Add(lease);
        TryFinish();
    }

    /// <summary>The same, of several buffers, which the consumer keeps.</summary>
    public void OnArrived()
    {
        Pull();
        TryFinish();
    }

    /// <summary>Nothing more comes, and a read waits. The reason is an error, or a cancel of everything on the loop.</summary>
    public void OnEnded(Exception? reason)
    {
        if (!isPending)
        {
            return;
        }

        if (connection.IsClosed)
        {
            chain.Drop();
            Finish(default, reason);
        }
        else if (reason is not null && chain.End == examined)
        {
            Finish(default, reason);
        }
        else
        {
            Finish(Take(isCanceled: false, isEnded: reason is null), null);
        }
    }

    /// <summary>The connection closes: what nobody looks at goes back.</summary>
    public void OnClosing()
    {
        if (!IsBusy)
        {
            chain.Drop();
        }
    }

    /// <summary>The handler of the connection has ended, so nobody reads any more, whatever it left behind.</summary>
    public void Abandon()
    {
        if (!isPending && !core.IsCompleted)
        {
            CompleteOnOwner();
        }
    }

    /// <summary>The connection goes to another loop, between two reads.</summary>
    public void Detach() => chain.Settle();

    /// <inheritdoc/>
    public void RequestCancel() => Engine.Posted.EnqueueLocal(
        static (s, _) =>
        {
            ConnectionInput self = (ConnectionInput)s!;
            if (self.isPending && self.cancel.Token.IsCancellationRequested)
            {
                self.Finish(default, new OperationCanceledException(self.cancel.Token));
            }
        },
        this);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token, in failure);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(Engine, this, continuation, state, token, flags);

    /// <inheritdoc/>
    public ReadResult GetResult(short token)
    {
        core.VerifyCompleted(token);
        ReadResult taken = result;
        Exception? thrown = failure;
        result = default;
        failure = null;
        cancel.Clear();
        core.Reset();
        return thrown is null ? taken : throw Told(thrown);
    }

    /// <summary>The exception that a reader is told.</summary>
    public Exception Told(Exception error) => Explanation?.Invoke(error) ?? error;

    /// <summary>Reads. On the owner.</summary>
    public ValueTask<ReadResult> Read(int least, CancellationToken token)
    {
        if (token.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReadResult>(token);
        }

        VerifyMayRead();
        Pull();
        if (TryTake(least, out ReadResult ready, out Exception? error))
        {
            return new(ready);
        }

        if (error is not null)
        {
            return ValueTask.FromException<ReadResult>(Told(error));
        }

        minimum = least;
        Consumer.BeginInputWait();
        isPending = true;
        if (token.CanBeCanceled)
        {
            cancel.Arm(this, 0, token);
        }

        return new(this, core.Version);
    }

    /// <summary>Advances. On the owner.</summary>
    public void Advance(long upTo, long seen)
    {
        state = InputState.Idle;
        examined = Math.Max(examined, seen);
        chain.Consume(upTo);
        if (connection.IsClosed)
        {
            chain.Drop();
        }
        else
        {
            Consumer.KeepWatch();
        }
    }

    /// <inheritdoc/>
    protected override ValueTask<ReadResult> ReadAtLeastAsyncCore(int minimumSize, CancellationToken cancellationToken) =>
        Engine.IsOwner ? Read(minimumSize, cancellationToken) : ReadFromElsewhere(minimumSize, ReadResumption.Caller, cancellationToken);

    private void Pull()
    {
        while (Consumer.TryTakeForInput(out BufferLease lease))
        {
            chain.Add(lease);
        }
    }

    private bool TryTake(int least, out ReadResult taken, out Exception? error)
    {
        error = null;
        bool isEnded = Consumer.IsInputEnded;
        bool isNew = chain.End > examined && chain.End - chain.Start >= least;
        if (isCancelRequested)
        {
            isCancelRequested = false;
            taken = Take(isCanceled: true, isEnded: isEnded && Consumer.Failure is null);
            return true;
        }

        if (isEnded && Consumer.Failure is { } broken)
        {
            // What came before is read first; the error is the next read's.
            isEnded = false;
            isNew = chain.End > examined;
            error = isNew ? null : broken;
        }

        if (!isNew && !isEnded)
        {
            taken = default;
            return false;
        }

        taken = Take(isCanceled: false, isEnded);
        return true;
    }

    private ReadResult Take(bool isCanceled, bool isEnded)
    {
        ReadOnlySequence<byte> sequence = chain.Sequence;
        state = sequence.IsEmpty || isCanceled ? InputState.Tentative : InputState.Reading;
        return new ReadResult(sequence, isCanceled, isEnded);
    }

    private void TryFinish()
    {
        if (TryTake(minimum, out ReadResult ready, out Exception? error) || error is not null)
        {
            Finish(ready, error);
        }
    }

    private void Finish(in ReadResult ready, Exception? error)
    {
        isPending = false;
        Consumer.EndInputWait();
        if (cancel.IsArmed)
        {
            cancel.Disarm();
        }

        result = ready;
        failure = error;
        core.SetCompleted(Engine);
    }

    private void OnCancelPending()
    {
        if (!Engine.IsOwner)
        {
            CancelPendingRead(); // It has moved meanwhile.
            return;
        }

        isCancelRequested = true;
        if (isPending)
        {
            TryFinish();
        }
    }

    private void CompleteFromInbox()
    {
        if (Engine.IsOwner)
        {
            CompleteOnOwner();
        }
    }

    private void CompleteOnOwner()
    {
        if (isCompleted)
        {
            return;
        }

        if (isPending)
        {
            throw new InvalidOperationException("A read is waiting. End it by CancelPendingRead, or its token, before the reader is completed.");
        }

        isCompleted = true;
        state = InputState.Idle;
        if (connection.IsClosed)
        {
            chain.Drop();
        }
        else
        {
            Consumer.EndInput(chain); // What was not consumed is the connection's next reader's.
        }
    }

    private void VerifyMayRead()
    {
        VerifyNotCompleted();
        if (isPending || core.IsCompleted)
        {
            throw ReadsAlready();
        }

        if (state is InputState.Reading or InputState.Advancing)
        {
            throw new InvalidOperationException("The last read was not advanced: call AdvanceTo with what was consumed and examined before the next read.");
        }

        Consumer.BeginInput(this);
    }

    private void VerifyNotCompleted()
    {
        if (isCompleted)
        {
            throw new InvalidOperationException("This reader was completed: nothing can be read through it any more. The connection's other ways to receive still work.");
        }
    }
}
