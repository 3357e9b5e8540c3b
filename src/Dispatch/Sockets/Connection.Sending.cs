using System.Buffers;
using System.Net.Sockets;

namespace Dispatch;

/// <content>Sending: one block, several, a lease, a file. All go through one queue.</content>
public sealed partial class Connection
{
    private bool isNonBlocking;

    /// <summary>
    /// Sends all of the data, in order with the connection's other sends. The memory belongs to the kernel until the task ends. <c>send(2)</c> with MSG_NOSIGNAL.
    /// </summary>
    /// <param name="data">The data.</param>
    /// <param name="cancellationToken">Ends the send where it is. How much was sent is then unknown, so the connection refuses later sends.</param>
    /// <returns>A task that ends when the kernel has taken all of it.</returns>
    /// <exception cref="SocketException">The connection broke.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        if (!Engine.IsOwner)
        {
            return SendFromElsewhereAsync(data, cancellationToken);
        }

        if (data.IsEmpty)
        {
            return ValueTask.CompletedTask;
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        QueuedSend operation = BeginSend(data, cancellationToken);
        return new(operation, operation.Version);
    }

    /// <summary>
    /// Sends received data on, from the very buffer it was received in. The lease may be disposed at once: the buffer stays out of the pool until it is sent. <c>send(2)</c>.
    /// </summary>
    /// <param name="data">A lease of the same loop.</param>
    /// <param name="cancellationToken">Ends the send where it is.</param>
    /// <returns>A task that ends when the kernel has taken all of it.</returns>
    /// <exception cref="SocketException">The connection broke.</exception>
    public ValueTask SendAsync(BufferLease data, CancellationToken cancellationToken = default)
    {
        if (!Engine.IsOwner)
        {
            return SendFromElsewhereAsync(data.Retain(), cancellationToken);
        }

        if (data.IsEmpty)
        {
            return ValueTask.CompletedTask;
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        VerifyMaySend();
        SendOperation operation = Engine.SendPool.Rent();
        try
        {
            operation.Prepare(this, data);
        }
        catch
        {
            Engine.SendPool.Return(operation); // The lease has ended already.
            throw;
        }

        Queue(operation, cancellationToken);
        return new(operation, operation.Version);
    }

    /// <summary>
    /// Sends all blocks of a sequence, one after the other and in order with the connection's other sends, without copying them together. The memory belongs to the kernel until the task ends:
    /// a reader's sequence is advanced after that. <c>sendmsg(2)</c> with MSG_NOSIGNAL, up to 64 blocks a call.
    /// </summary>
    /// <param name="data">The data.</param>
    /// <param name="cancellationToken">Ends the send where it is. How much was sent is then unknown, so the connection refuses later sends.</param>
    /// <returns>A task that ends when the kernel has taken all of it.</returns>
    /// <exception cref="SocketException">The connection broke.</exception>
    public ValueTask SendAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken = default)
    {
        if (data.IsSingleSegment)
        {
            return SendAsync(data.First, cancellationToken);
        }

        if (!Engine.IsOwner)
        {
            return SendFromElsewhereAsync(data, cancellationToken);
        }

        if (data.IsEmpty)
        {
            return ValueTask.CompletedTask;
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        VerifyMaySend();
        GatherSend operation = Engine.GatherPool.Rent();
        try
        {
            operation.Prepare(this, data);
        }
        catch
        {
            Engine.GatherPool.Return(operation); // Some of the memory has gone already.
            throw;
        }

        Queue(operation, cancellationToken);
        return new(operation, operation.Version);
    }

    /// <summary>
    /// Sends a part of a file, in order with the connection's other sends, without its bytes passing through memory of the process: the kernel moves them from its page cache to the socket. <c>sendfile(2)</c>, on a worker,
    /// which waits for the file's device but not for the peer. The socket is made non-blocking for it, an adopted one too.
    /// </summary>
    /// <param name="file">A file of the same loop. It stays open until the task ends.</param>
    /// <param name="offset">Where the part begins, in bytes.</param>
    /// <param name="length">How many bytes; null for all that the file has now behind the offset.</param>
    /// <param name="cancellationToken">Ends the send where it is. The connection then refuses later sends.</param>
    /// <returns>The number of bytes: all of them.</returns>
    /// <exception cref="EndOfStreamException">The file became shorter meanwhile; the message says how much was sent, and the connection refuses later sends.</exception>
    /// <exception cref="SocketException">The connection broke, or the file could not be read; the message says how much was sent.</exception>
    public ValueTask<long> SendFileAsync(DispatchFile file, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        if (!Engine.IsOwner)
        {
            return SendFileFromElsewhereAsync(file, offset, length, cancellationToken);
        }

        if (!ReferenceEquals(file.Engine, Engine))
        {
            throw new InvalidOperationException($"The file belongs to {file.Loop.Name}, the connection to {Loop.Name}. Open the file on the connection's loop: DispatchFile.OpenAsync(path, options, connection.Loop).");
        }

        VerifyMaySend();
        ObjectDisposedException.ThrowIf(file.IsClosed, file);
        long bytes = length ?? Math.Max(0, file.LengthNow() - offset);
        if (bytes == 0)
        {
            return new(0L);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<long>(cancellationToken);
        }

        MakeNonBlocking();
        FileSend operation = Engine.FileSendPool.Rent();
        operation.Prepare(this, file, offset, bytes);
        Queue(operation, cancellationToken);
        return new(operation, operation.Version);
    }

    /// <summary>Queues a send of memory that is not empty. Owner only.</summary>
    internal QueuedSend BeginSend(ReadOnlyMemory<byte> data, CancellationToken token)
    {
        VerifyMaySend();
        if (ZeroCopyThreshold != 0 && data.Length >= ZeroCopyThreshold && Family != AddressFamily.Unix && Engine.Ring.Supports(Opcode.SendZc))
        {
            return BeginZeroCopySend(data, token);
        }

        SendOperation operation = Engine.SendPool.Rent();
        try
        {
            operation.Prepare(this, data);
        }
        catch
        {
            Engine.SendPool.Return(operation); // The memory has gone already.
            throw;
        }

        Queue(operation, token);
        return operation;
    }

    private ValueTask SendFromElsewhereAsync(ReadOnlyMemory<byte> data, CancellationToken token) => new(Loop.InvokeAsync(() => SendAsync(data, token).AsTask()));

    private ValueTask SendFromElsewhereAsync(ReadOnlySequence<byte> data, CancellationToken token) => new(Loop.InvokeAsync(() => SendAsync(data, token).AsTask()));

    private ValueTask SendFromElsewhereAsync(RetainedBuffer data, CancellationToken token) => new(SendRetainedAsync(data, token));

    private async Task SendRetainedAsync(RetainedBuffer data, CancellationToken token)
    {
        using (data)
        {
            await Loop.InvokeAsync(() => SendAsync(data.Memory, token).AsTask()).ConfigureAwait(false);
        }
    }

    private ValueTask<long> SendFileFromElsewhereAsync(DispatchFile file, long offset, long? length, CancellationToken token) =>
        new(Loop.InvokeAsync(() => SendFileAsync(file, offset, length, token).AsTask()));

    private void MakeNonBlocking()
    {
        const int NonBlocking = (int)OpenFlags.NonBlocking;
        KernelCalls calls = Engine.Ring.Calls;
        int flags = isNonBlocking ? NonBlocking : calls.GetFlags(OwnedDescriptor.Number);
        if (flags >= 0 && (flags & NonBlocking) == 0)
        {
            flags = calls.SetFlags(OwnedDescriptor.Number, flags | NonBlocking);
        }

        Verify("fcntl", flags);
        isNonBlocking = true;
    }

    private void VerifyMaySend()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        VerifyNotMoving();
        Engine.VerifyOpen();
    }

    private ZeroCopySend BeginZeroCopySend(ReadOnlyMemory<byte> data, CancellationToken token)
    {
        ZeroCopySend operation = Engine.ZeroCopyPool.Rent();
        try
        {
            operation.Prepare(this, data);
        }
        catch
        {
            Engine.ZeroCopyPool.Return(operation); // The memory has gone already.
            throw;
        }

        Queue(operation, token);
        return operation;
    }

    private void Queue(QueuedSend operation, CancellationToken token)
    {
        Sends.Add(operation);
        if (token.CanBeCanceled && !operation.Core.IsCompleted)
        {
            operation.ArmCancel(token);
        }
    }
}
