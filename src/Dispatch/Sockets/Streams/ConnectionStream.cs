using System.Buffers;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// A connection as a <see cref="Stream"/>. One read and one write at a time. A read of no bytes waits until there is something to read. Failures are <see cref="IOException"/>s around the <see cref="SocketException"/>.
/// </summary>
/// <remarks>
/// Awaits resume on the owner and allocate nothing there. Synchronous calls wait for the loop: they work on every other thread, and are refused on the loop's own. <see cref="ReadTimeout"/> and
/// <see cref="WriteTimeout"/> count for them alone, as with every network stream; a write that timed out has broken the connection, because how much of it was sent is unknown.
/// </remarks>
public sealed class ConnectionStream : Stream, IValueTaskSource<int>, IValueTaskSource
{
    private readonly Connection connection;
    private readonly bool leaveOpen;
    private QueuedSend? writing;
    private int readTimeout = Timeout.Infinite;
    private int writeTimeout = Timeout.Infinite;
    private int wrappedWrites;
    private bool writesCompleted;

    internal ConnectionStream(Connection connection, bool leaveOpen)
    {
        this.connection = connection;
        this.leaveOpen = leaveOpen;
    }

    /// <summary>Gets the connection.</summary>
    public Connection Connection => connection;

    /// <inheritdoc/>
    public override bool CanRead => !connection.IsClosed;

    /// <inheritdoc/>
    public override bool CanWrite => !connection.IsClosed && !writesCompleted;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanTimeout => true;

    /// <summary>Gets or sets how long a synchronous read waits, in milliseconds; <see cref="Timeout.Infinite"/> for no limit, which is the default.</summary>
    public override int ReadTimeout
    {
        get => readTimeout;
        set => readTimeout = value > 0 || value == Timeout.Infinite ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A timeout is 1 ms or more, or Timeout.Infinite.");
    }

    /// <summary>Gets or sets how long a synchronous write waits, in milliseconds; <see cref="Timeout.Infinite"/> for no limit, which is the default.</summary>
    public override int WriteTimeout
    {
        get => writeTimeout;
        set => writeTimeout = value > 0 || value == Timeout.Infinite ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A timeout is 1 ms or more, or Timeout.Infinite.");
    }

    /// <summary>Gets nothing: a connection has no length.</summary>
    public override long Length => throw NoPosition();

    /// <summary>Gets or sets nothing: a connection has no position.</summary>
    public override long Position
    {
        get => throw NoPosition();
        set => throw NoPosition();
    }

    /// <summary>Gets a value indicating whether disposing the stream while something is being written breaks the connection, instead of sending it first: for those who dispose a stream to give up.</summary>
    internal bool GivesUpWrites { get; init; }

    private QueuedSend Writing => writing ?? throw new InvalidOperationException("This ValueTask was already consumed. A ValueTask may be awaited once; call AsTask() to await it more often.");

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!connection.Engine.IsOwner)
        {
            return new(ReadWrappedAsync(buffer.IsEmpty ? connection.WhenReadableAsync(cancellationToken) : connection.ReceiveAsync(buffer, cancellationToken)));
        }

        ValueTask<int> read = buffer.IsEmpty ? connection.WhenReadableAsync(cancellationToken) : connection.ReceiveAsync(buffer, cancellationToken);
        return read.IsCompletedSuccessfully ? read
            : read.IsCompleted ? new(ReadWrappedAsync(read))
            : new(this, connection.Receiving.AwaitVersion); // The same await, whose failure is put into other words.
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        VerifyMayWrite();
        if (!connection.Engine.IsOwner || buffer.IsEmpty || cancellationToken.IsCancellationRequested || writing is not null)
        {
            return new(WriteWrappedAsync(connection.SendAsync(buffer, cancellationToken)));
        }

        QueuedSend send = connection.BeginSend(buffer, cancellationToken);
        writing = send;
        return new(this, send.Version);
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WaitFor(static (stream, memory, token) => stream.ReadAsync(memory, token).AsTask(), buffer.AsMemory(offset, count), readTimeout, "read");
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        VerifyMayWait(); // Before anything is read that could not be given.
        byte[] copy = ArrayPool<byte>.Shared.Rent(buffer.Length);
        int count = Read(copy, 0, buffer.Length);
        copy.AsSpan(0, count).CopyTo(buffer);
        ArrayPool<byte>.Shared.Return(copy); // Not after a failure: the kernel may have been lent it a moment ago.
        return count;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        WaitFor(
            static async (stream, memory, token) =>
            {
                await stream.WriteAsync(memory, token).ConfigureAwait(false);
                return 0;
            },
            buffer.AsMemory(offset, count),
            writeTimeout,
            "write");
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        VerifyMayWait();
        byte[] copy = ArrayPool<byte>.Shared.Rent(buffer.Length);
        buffer.CopyTo(copy);
        Write(copy, 0, buffer.Length);
        ArrayPool<byte>.Shared.Return(copy);
    }

    /// <summary>Finishes sending, after the writes before it: the peer receives the end of the stream, and can still send. <c>shutdown(2)</c>. Any thread.</summary>
    /// <returns>A task that ends when it is done.</returns>
    public ValueTask CompleteWritesAsync()
    {
        writesCompleted = true;
        return new(WriteWrappedAsync(connection.ShutdownAsync()));
    }

    /// <summary>Does nothing: the stream keeps no data back.</summary>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw NoPosition();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw NoPosition();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (!leaveOpen)
        {
            GiveUp();
            await connection.CloseAsync(); // In the caller's context: without one, the loop that completes the close would hand the rest to the thread pool.
        }

        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => connection.Receiving.Await.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        connection.Receiving.Await.OnCompleted(continuation, state, token, flags);

    /// <inheritdoc/>
    int IValueTaskSource<int>.GetResult(short token)
    {
        try
        {
            return ((IValueTaskSource<int>)connection.Receiving.Await).GetResult(token);
        }
        catch (SocketException e)
        {
            throw Wrap(e);
        }
    }

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => Writing.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => Writing.OnCompleted(continuation, state, token, flags);

    /// <inheritdoc/>
    void IValueTaskSource.GetResult(short token)
    {
        QueuedSend send = Writing;
        send.Core.VerifyCompleted(token);
        writing = null;
        try
        {
            send.GetResult(token);
        }
        catch (SocketException e)
        {
            throw Wrap(e);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !leaveOpen)
        {
            GiveUp();

            // Not waited for: the descriptor is closed by the owner when its last request has ended, and on the owner nobody may wait.
            _ = connection.CloseAsync();
        }

        base.Dispose(disposing);
    }

    private static IOException Wrap(SocketException e) => new(e.Message, e);

    private static NotSupportedException NoPosition() => new("A connection has no length and no position.");

    private async Task<int> ReadWrappedAsync(ValueTask<int> read)
    {
        try
        {
            return await read.ConfigureAwait(connection.Engine.IsOwner); // On the loop its context keeps it there; elsewhere none is waited for.
        }
        catch (SocketException e)
        {
            throw Wrap(e);
        }
    }

    private async Task WriteWrappedAsync(ValueTask write)
    {
        Interlocked.Increment(ref wrappedWrites);
        try
        {
            await write.ConfigureAwait(connection.Engine.IsOwner);
        }
        catch (SocketException e)
        {
            throw Wrap(e);
        }
        finally
        {
            Interlocked.Decrement(ref wrappedWrites);
        }
    }

    private void GiveUp()
    {
        if (GivesUpWrites && (Volatile.Read(ref wrappedWrites) != 0 || writing is not null))
        {
            connection.Abort();
        }
    }

    private int WaitFor(Func<ConnectionStream, Memory<byte>, CancellationToken, Task<int>> transfer, Memory<byte> memory, int timeout, string what)
    {
        VerifyMayWait();
        if (timeout == Timeout.Infinite)
        {
            return transfer(this, memory, CancellationToken.None).GetAwaiter().GetResult();
        }

        using CancellationTokenSource deadline = new(timeout);
        try
        {
            return transfer(this, memory, deadline.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            throw new IOException($"The {what} did not end within {timeout} ms.", new SocketException((int)SocketError.TimedOut));
        }
    }

    private void VerifyMayWrite()
    {
        if (writesCompleted)
        {
            throw new InvalidOperationException("The stream's writing was completed: the peer has been sent the end of the stream.");
        }
    }

    private void VerifyMayWait()
    {
        if (connection.Engine.IsOwner)
        {
            throw new InvalidOperationException($"A synchronous call on a stream of {connection.Loop.Name} would wait for the thread it runs on. Use the Async method and await it.");
        }
    }
}
