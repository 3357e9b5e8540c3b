using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// What a connection sends, as a <see cref="PipeWriter"/>. What was written is kept until a flush; a flush hands it to the connection's send queue, from which it goes out in gathering sends, and waits only while
/// more than the high-water mark is on its way. One thread at a time may use it; on others than the owner's, flushes take the way through the inbox.
/// </summary>
internal sealed class ConnectionOutput(Connection connection) : PipeWriter, IOwnerSource, IValueTaskSource<FlushResult>, ICancellable
{
    // The writer's side: whoever writes.
    private UnflushedBlocks written;
    private volatile bool isCompleted;

    // The sending side: the owner.
    private OwnerCompletionCore core;
    private CancelLink cancel;
    private FlushResult result;
    private Exception? failure;
    private long unsent;
    private bool isPending;
    private volatile bool isCancelRequested;

    /// <summary>What flushes on another thread than the owner's go through, once there was one.</summary>
    private FlushRelay? relay;

    /// <inheritdoc/>
    public LoopEngine Engine => connection.Engine;

    /// <inheritdoc/>
    public ref OwnerCompletionCore Core => ref core;

    /// <inheritdoc/>
    public uint CancelEpoch => (ushort)core.Version;

    /// <inheritdoc/>
    public uint ArmedEpoch { get; set; }

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => written.Bytes;

    /// <summary>Gets the connection.</summary>
    public Connection Connection => connection;

    /// <summary>Gets a value indicating whether a flush waits, or its result was not taken yet.</summary>
    public bool IsBusy => isPending || core.IsCompleted;

    /// <summary>Gets a value indicating whether this thread is the owner, and nothing that another one has flushed is still on its way to it, which would be overtaken.</summary>
    private bool IsHere => Engine.IsOwner && relay is not { Bytes: not 0 };

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0) => BlockFor(sizeHint).Free;

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => BlockFor(sizeHint).FreeSpan;

    /// <inheritdoc/>
    public override void Advance(int bytes) => written.Advance(bytes);

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        VerifyNotCompleted();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        if (Engine.IsOwner)
        {
            VerifyMayFlush(); // Before anything is taken away from the writer.
        }

        MemoryBlock? first = written.TakeAll(out MemoryBlock? last, out long bytes);
        return IsHere ? Flush(first, last, bytes, cancellationToken) : FlushFromElsewhere(first, last, bytes, cancellationToken);
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush() =>
        Engine.Posted.TryPost(static (s, _) => ((ConnectionOutput)s!).OnCancelPending(), this, 0); // Also on the owner: who cancels does not find the writer's code in its stack.

    /// <summary>
    /// Nothing more is written: what was is sent, flushed or not, and then the end of the stream. With an exception the connection is broken instead, so that the peer does not take half of a message for a whole one.
    /// </summary>
    /// <param name="exception">Why it ends early, or null.</param>
    public override void Complete(Exception? exception = null)
    {
        if (!isCompleted)
        {
            _ = ObserveAsync(CompleteAsync(exception));
        }
    }

    /// <summary>As <see cref="Complete"/>; the task ends when the end of the stream is sent.</summary>
    /// <param name="exception">Why it ends early, or null.</param>
    /// <returns>The task.</returns>
    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        if (isCompleted)
        {
            return;
        }

        isCompleted = true;
        MemoryBlock? first = written.TakeAll(out MemoryBlock? last, out long bytes);
        written.Drop(); // What was asked for, and not written to.
        if (exception is not null)
        {
            UnflushedBlocks.Discard(first);
            connection.Abort();
            return;
        }

        if (IsHere)
        {
            await FinishAsync(first, last, bytes);
        }
        else
        {
            await FinishFromElsewhereAsync(first, last, bytes).ConfigureAwait(false);
        }
    }

    /// <summary>Hands blocks to the send queue. False when nothing can be sent any more; the blocks are given back then.</summary>
    public bool TrySend(MemoryBlock? first, MemoryBlock? last, long bytes)
    {
        SendQueue queue = connection.Sends;
        if (connection.IsClosed || queue.Error != 0)
        {
            UnflushedBlocks.Discard(first);
            return false;
        }

        if (first is null)
        {
            return true;
        }

        unsent += bytes;
        if (queue.Last is OutputSend waiting && waiting.TryAdd(this, first, last!))
        {
            return true;
        }

        OutputSend send = Engine.OutputPool.Rent();
        send.Prepare(connection, this);
        send.TryAdd(this, first, last!);
        queue.Add(send);
        return true;
    }

    /// <summary>Takes in what was flushed and whose message is still to come: the connection is about to close, or has ended a move. Owner only.</summary>
    public void TakeIn() => relay?.Arrive();

    /// <summary>The kernel has taken bytes.</summary>
    public void OnTaken(int bytes) => unsent -= bytes;

    /// <summary>An entry of the send queue is through, well or not.</summary>
    public void OnSent()
    {
        if (connection.Sends.Error != 0)
        {
            unsent = 0; // Nothing of it will be sent any more.
        }

        if (isPending && (unsent <= connection.SendHighWaterMark / 2 || connection.Sends.Error != 0))
        {
            Finish(isCanceled: false);
        }
    }

    /// <inheritdoc/>
    public void RequestCancel() => Engine.Posted.EnqueueLocal(
        static (s, _) =>
        {
            ConnectionOutput self = (ConnectionOutput)s!;
            if (self.isPending && self.cancel.Token.IsCancellationRequested)
            {
                self.failure = new OperationCanceledException(self.cancel.Token);
                self.Finish(isCanceled: false);
            }
        },
        this);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token, in failure);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(Engine, this, continuation, state, token, flags);

    /// <inheritdoc/>
    public FlushResult GetResult(short token)
    {
        core.VerifyCompleted(token);
        FlushResult taken = result;
        Exception? thrown = failure;
        failure = null;
        cancel.Clear();
        core.Reset();
        return thrown is null ? taken : throw thrown;
    }

    private static async Task ObserveAsync(ValueTask completing)
    {
        try
        {
            await completing;
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The connection is gone: so is the peer that would have been told.
        }
    }

    private MemoryBlock BlockFor(int sizeHint)
    {
        VerifyNotCompleted();
        return written.BlockFor(Engine, sizeHint);
    }

    private ValueTask<FlushResult> FlushFromElsewhere(MemoryBlock? first, MemoryBlock? last, long bytes, CancellationToken token)
    {
        // With room there is nothing to wait for: what was flushed travels behind all that this thread has sent before. An error, a close or a cancel is told by the owner.
        if (first is not null && !isCancelRequested && !connection.IsClosed && connection.Sends.Error == 0)
        {
            relay ??= new FlushRelay(this);
            if (Volatile.Read(ref unsent) + relay.Bytes + bytes < connection.SendHighWaterMark && relay.TrySend(ref first, ref last, ref bytes))
            {
                return new(new FlushResult(isCanceled: false, isCompleted: false));
            }
        }

        return FlushByOwner(first, last, bytes, token); // A method of its own: what it captures is not to be allocated by flushes that need it not.
    }

    private ValueTask<FlushResult> FlushByOwner(MemoryBlock? first, MemoryBlock? last, long bytes, CancellationToken token) =>
        new(Invocation<FlushResult>.Start(Engine, () =>
        {
            if (!IsHere)
            {
                return FlushFromElsewhere(first, last, bytes, token).AsTask();
            }

            try
            {
                VerifyMayFlush();
            }
            catch (InvalidOperationException)
            {
                // It is refused, while the connection moves say: the writer, who waits for this, has what it wrote again.
                written.PutBack(first, last, bytes);
                throw;
            }

            return Flush(first, last, bytes, token).AsTask();
        }));

    /// <summary>Flushes, on the owner, who has verified that it may.</summary>
    private ValueTask<FlushResult> Flush(MemoryBlock? first, MemoryBlock? last, long bytes, CancellationToken token)
    {
        if (!TrySend(first, last, bytes))
        {
            return connection.IsClosed ? new(new FlushResult(isCanceled: false, isCompleted: true)) : ValueTask.FromException<FlushResult>(Broken());
        }

        if (isCancelRequested || unsent < connection.SendHighWaterMark)
        {
            bool isCanceled = isCancelRequested;
            isCancelRequested = false;
            return new(new FlushResult(isCanceled, isCompleted: false));
        }

        isPending = true;
        if (token.CanBeCanceled)
        {
            cancel.Arm(this, 0, token);
        }

        return new(this, core.Version);
    }

    private async Task FinishAsync(MemoryBlock? first, MemoryBlock? last, long bytes)
    {
        if (!IsHere)
        {
            await FinishFromElsewhereAsync(first, last, bytes).ConfigureAwait(false);
            return;
        }

        connection.VerifyNotMoving();
        if (TrySend(first, last, bytes))
        {
            await connection.ShutdownAsync();
        }
    }

    private Task<bool> FinishFromElsewhereAsync(MemoryBlock? first, MemoryBlock? last, long bytes) => Invocation<bool>.Start(Engine, async () =>
    {
        await FinishAsync(first, last, bytes);
        return true;
    });

    private Exception Broken() => OpcodeNames.Explain(Opcode.Sendmsg, -connection.Sends.Error, null, default);

    private void Finish(bool isCanceled)
    {
        isPending = false;
        if (cancel.IsArmed)
        {
            cancel.Disarm();
        }

        if (connection.Sends.Error != 0 && !connection.IsClosed)
        {
            failure ??= Broken();
        }

        result = new FlushResult(isCanceled, isCompleted: connection.IsClosed);
        core.SetCompleted(Engine);
    }

    private void OnCancelPending()
    {
        if (!Engine.IsOwner)
        {
            CancelPendingFlush(); // It has moved meanwhile.
        }
        else if (isPending)
        {
            Finish(isCanceled: true);
        }
        else
        {
            isCancelRequested = true;
        }
    }

    private void VerifyMayFlush()
    {
        if (IsBusy)
        {
            throw new InvalidOperationException("A flush is waiting already. One flush at a time: the bytes have one order.");
        }

        connection.VerifyNotMoving();
    }

    private void VerifyNotCompleted()
    {
        if (isCompleted)
        {
            throw new InvalidOperationException("This writer was completed: nothing can be written through it any more.");
        }
    }
}
