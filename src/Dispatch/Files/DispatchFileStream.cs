namespace Dispatch;

/// <summary>
/// A <see cref="DispatchFile"/> with a position. One operation at a time, as with every stream. Synchronous calls wait for the loop, so they are refused on it.
/// </summary>
internal sealed class DispatchFileStream(DispatchFile file) : Stream
{
    private readonly FileAccess access = DescriptorMode.AccessOf(file.Engine.Ring.Calls, file.OwnedDescriptor.Number);
    private long position;

    /// <inheritdoc/>
    public override bool CanRead => !file.IsClosed && access.HasFlag(FileAccess.Read);

    /// <inheritdoc/>
    public override bool CanSeek => !file.IsClosed;

    /// <inheritdoc/>
    public override bool CanWrite => !file.IsClosed && access.HasFlag(FileAccess.Write);

    /// <summary>Gets the length of the file. On the loop by a plain <c>fstat(2)</c>, which is answered from memory: <see cref="Stream.CopyToAsync(Stream)"/> asks for it there.</summary>
    public override long Length => file.Engine.IsOwner ? file.LengthNow() : file.GetStatusAsync().AsTask().GetAwaiter().GetResult().Length;

    /// <inheritdoc/>
    public override long Position
    {
        get => position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            position = value;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await file.ReadAsync(buffer, position, cancellationToken).ConfigureAwait(false);
        position += count;
        return count;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await file.WriteAsync(buffer, position, cancellationToken).ConfigureAwait(false);
        position += buffer.Length;
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
        VerifyMayWait();
        return ReadAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        VerifyMayWait();
        WriteAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin)
    {
        Position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => position + offset,
            SeekOrigin.End => Length + offset,
            _ => throw new ArgumentOutOfRangeException(nameof(origin), origin, "Origin must be Begin, Current or End."),
        };
        return position;
    }

    /// <inheritdoc/>
    public override void SetLength(long value)
    {
        VerifyMayWait();
        file.SetLengthAsync(value).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Does nothing: the stream keeps no data back. To have it on the device, use <see cref="DispatchFile.FlushAsync"/>.</summary>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        // In the caller's context: without one, the loop that completes the close would hand the rest to the thread pool.
        await file.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // Not waited for: the descriptor is closed by the owner when its last request has ended, and on the owner nobody may wait.
            _ = file.CloseAsync();
        }

        base.Dispose(disposing);
    }

    private void VerifyMayWait()
    {
        if (file.Engine.IsOwner)
        {
            throw new InvalidOperationException($"A synchronous call on a stream of {file.Loop.Name} would wait for the thread it runs on. Use the Async method and await it.");
        }
    }
}
