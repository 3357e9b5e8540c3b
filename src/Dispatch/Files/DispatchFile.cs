using Microsoft.Win32.SafeHandles;

namespace Dispatch;

/// <summary>
/// An open file that belongs to one loop. Reads and writes name their offset and keep no position, so any number may be outstanding; <see cref="AsStream"/> adds a position.
/// </summary>
/// <remarks>Awaits resume on the owner. Memory belongs to the kernel until the task ends; cancelling asks for the end, it does not shorten the loan.</remarks>
public sealed class DispatchFile : DispatchHandle
{
    private readonly DirectAlignment? direct;

    internal DispatchFile(LoopEngine engine, OwnedDescriptor descriptor, string path, DirectAlignment? direct)
        : base(engine, descriptor)
    {
        Path = path;
        descriptor.Subject = path;
        this.direct = direct;
        descriptor.IsDirect = direct is not null;
    }

    private DispatchFile(LoopEngine engine, OwnedDescriptor descriptor)
        : this(engine, descriptor, string.Empty, null)
    {
        int flags = engine.Ring.Calls.GetFlags(descriptor.Number);
        descriptor.IsDirect = flags >= 0 && (flags & ProcessorFlags.Direct) != 0;
    }

    /// <summary>Gets the path that it was opened with; empty for an adopted handle.</summary>
    public string Path { get; }

    /// <summary>Gets the alignment of memory that requests need, in bytes; 1 unless the file is open for direct I/O.</summary>
    public int MemoryAlignment => direct?.Memory ?? 1;

    /// <summary>Gets the alignment of offsets and lengths that requests need, in bytes; 1 unless the file is open for direct I/O.</summary>
    public int OffsetAlignment => direct?.Offset ?? 1;

    /// <summary>Opens a file. <c>openat(2)</c>.</summary>
    /// <param name="path">The path.</param>
    /// <param name="options">How, or null to read an existing file.</param>
    /// <param name="loop">The loop that will own it; by default the calling thread's.</param>
    /// <param name="cancellationToken">Gives up. A file that was opened nevertheless is returned.</param>
    /// <returns>The file; dispose it.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened so.</exception>
    public static Task<DispatchFile> OpenAsync(string path, FileOpenOptions? options = null, EventLoop? loop = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        EventLoop owner = EventLoop.Required(loop);
        FileOpenOptions chosen = options ?? new FileOpenOptions();
        return owner.IsOwner ? OpenOnOwnerAsync(owner, path, chosen, cancellationToken) : owner.InvokeAsync(() => OpenOnOwnerAsync(owner, path, chosen, cancellationToken));
    }

    /// <summary>Takes an open .NET handle over for a loop. The handle stays the caller's to dispose, after the file was closed here.</summary>
    /// <param name="handle">The handle.</param>
    /// <param name="loop">The loop that will own it; by default the calling thread's.</param>
    /// <returns>The file.</returns>
    public static DispatchFile Adopt(SafeFileHandle handle, EventLoop? loop = null)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return new DispatchFile(EventLoop.Required(loop).Engine, new OwnedDescriptor(handle));
    }

    /// <summary>Reads at an offset; may read less, and 0 bytes at the end of the file. <c>pread(2)</c>.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="offset">The offset in bytes.</param>
    /// <param name="cancellationToken">Asks for the end.</param>
    /// <returns>The number of bytes.</returns>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        direct?.Verify(buffer, offset);
        return Loop.ExecuteAsync(IoRequest.Read(this, buffer, offset), cancellationToken);
    }

    /// <summary>Reads into several buffers, one after the other. <c>preadv(2)</c>.</summary>
    /// <param name="buffers">Where to.</param>
    /// <param name="offset">The offset in bytes.</param>
    /// <param name="cancellationToken">Asks for the end.</param>
    /// <returns>The number of bytes, over all buffers.</returns>
    public ValueTask<int> ReadAsync(IReadOnlyList<Memory<byte>> buffers, long offset, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        foreach (Memory<byte> buffer in buffers)
        {
            direct?.Verify(buffer, offset);
        }

        return Loop.ExecuteAsync(IoRequest.ReadVector(this, buffers, offset), cancellationToken);
    }

    /// <summary>Reads into a registered buffer of the same loop.</summary>
    /// <param name="buffer">Where to; not disposed before the task ends.</param>
    /// <param name="length">Bytes at most.</param>
    /// <param name="offset">The offset in bytes.</param>
    /// <param name="cancellationToken">Asks for the end.</param>
    /// <returns>The number of bytes.</returns>
    public ValueTask<int> ReadAsync(RegisteredBuffer buffer, int length, long offset, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        direct?.Verify(buffer.Memory[..length], offset);
        return Loop.ExecuteAsync(IoRequest.ReadFixed(this, buffer, length, offset), cancellationToken);
    }

    /// <summary>
    /// Reads what is in the page cache already, at once: no ring, no allocation, and no wait for a device. <c>preadv2(2)</c> with RWF_NOWAIT; Linux 4.14. When it returns false, <see cref="ReadAsync(Memory{byte}, long, CancellationToken)"/> reads the same.
    /// Owner thread only.
    /// </summary>
    /// <remarks>
    /// False says that the first byte is not there, or that nobody can tell: not every file system can (tmpfs and <c>/proc</c> cannot), and a file that is open for direct I/O passes the cache by. A miss may begin to read ahead.
    /// Copying is the caller's own CPU time, so it suits small reads; many of them in a row keep the loop from its other work.
    /// </remarks>
    /// <param name="buffer">Where to.</param>
    /// <param name="offset">The offset in bytes.</param>
    /// <param name="count">The number of bytes; fewer than asked for where the rest is not in the cache, or is beyond the end of the file; 0 at the end, and when the result is false.</param>
    /// <returns>Whether the read is done.</returns>
    /// <exception cref="InvalidOperationException">The calling thread is not the owner: the file could be closed under it there.</exception>
    /// <exception cref="IOException">The read failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The file is not open for reading.</exception>
    public bool TryReadCached(Span<byte> buffer, long offset, out int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        Engine.VerifyOwner();
        ObjectDisposedException.ThrowIf(IsClosed, this);
        return PageCache.TryRead(this, buffer, offset, out count);
    }

    /// <summary>
    /// Brings a range into the page cache, and ends when it is there; at once, on the owner, when it was: then the task is completed when it is returned. No more than 16 MiB are looked at for that; what is beyond ends in a later turn.
    /// The range is read in pieces, so that neither its length nor a slow device holds up the loop; what lies beyond the end of the file is left out.
    /// </summary>
    /// <remarks>
    /// Unlike <see cref="FileAdvice.WillNeed"/>, which is done before anything has been read. The kernel may drop the pages again at any time. Where the file system cannot say what is cached (tmpfs), the end is always in a later turn.
    /// Cancelling, or closing the file, ends it after the piece that is being read; what was read stays cached.
    /// </remarks>
    /// <param name="offset">Where the range begins, in bytes.</param>
    /// <param name="length">Its length in bytes; <see cref="long.MaxValue"/> for the rest of the file.</param>
    /// <param name="cancellationToken">Asks for the end.</param>
    /// <returns>A task that ends when all of the range was in the cache.</returns>
    /// <exception cref="InvalidOperationException">The file is open for direct I/O, which passes the page cache by.</exception>
    /// <exception cref="IOException">A read failed, or the file is none that has pages (a pipe, a socket).</exception>
    public ValueTask ReadaheadAsync(long offset, long length, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return PageCache.ReadaheadAsync(this, offset, length, cancellationToken);
    }

    /// <summary>Writes all of the data at an offset; a short write goes on where it stopped. <c>pwrite(2)</c>.</summary>
    /// <param name="data">The data.</param>
    /// <param name="offset">The offset in bytes.</param>
    /// <param name="cancellationToken">Asks for the end.</param>
    /// <returns>A task that ends when the kernel has all of it; on the device it is after <see cref="FlushAsync"/>.</returns>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, long offset, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        direct?.Verify(data, offset);
        return FileWriter.WriteAllAsync(this, data, offset, ReadWriteFlags.None, cancellationToken);
    }

    /// <summary>Writes several pieces, one after the other, all of them. <c>pwritev(2)</c>.</summary>
    /// <param name="pieces">The data.</param>
    /// <param name="offset">The offset in bytes.</param>
    /// <param name="cancellationToken">Asks for the end.</param>
    /// <returns>A task that ends when the kernel has all of it.</returns>
    public ValueTask WriteAsync(IReadOnlyList<ReadOnlyMemory<byte>> pieces, long offset, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            direct?.Verify(piece, offset);
        }

        return FileWriter.WriteAllAsync(this, pieces, offset, cancellationToken);
    }

    /// <summary>Writes from a registered buffer of the same loop; may write less.</summary>
    /// <param name="buffer">The data; not disposed before the task ends.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="offset">The offset in bytes.</param>
    /// <param name="cancellationToken">Asks for the end.</param>
    /// <returns>The number of bytes written.</returns>
    public ValueTask<int> WriteAsync(RegisteredBuffer buffer, int length, long offset, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        direct?.Verify(buffer.Memory[..length], offset);
        return Loop.ExecuteAsync(IoRequest.WriteFixed(this, buffer, length, offset), cancellationToken);
    }

    /// <summary>Writes all of the data at the end of the file, wherever that is by then (RWF_APPEND, <c>pwritev2(2)</c>).</summary>
    /// <param name="data">The data.</param>
    /// <param name="cancellationToken">Asks for the end.</param>
    /// <returns>A task that ends when the kernel has all of it.</returns>
    public ValueTask AppendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        direct?.Verify(data, 0);
        return FileWriter.WriteAllAsync(this, data, 0, ReadWriteFlags.Append, cancellationToken);
    }

    /// <summary>Waits until all writes that have ended are on the device. <c>fsync(2)</c>, <c>fdatasync(2)</c>.</summary>
    /// <param name="dataOnly">Whether metadata that is not needed to read the data back may wait.</param>
    /// <param name="cancellationToken">Asks for the end.</param>
    /// <returns>A task that ends then.</returns>
    public ValueTask FlushAsync(bool dataOnly = false, CancellationToken cancellationToken = default) => Done(IoRequest.Sync(this, dataOnly), cancellationToken);

    /// <summary>Allocates, frees or zeroes space. <c>fallocate(2)</c>.</summary>
    /// <param name="offset">Where, in bytes.</param>
    /// <param name="length">How much, in bytes.</param>
    /// <param name="mode">What to do.</param>
    /// <param name="cancellationToken">Asks for the end.</param>
    /// <returns>A task that ends then.</returns>
    public ValueTask AllocateAsync(long offset, long length, FileAllocationMode mode = FileAllocationMode.Allocate, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        return Done(IoRequest.Allocate(this, offset, length, mode), cancellationToken);
    }

    /// <summary>Sets the length. <c>ftruncate(2)</c>, on a worker where the ring lacks it.</summary>
    /// <param name="length">The length in bytes.</param>
    /// <param name="cancellationToken">Asks for the end.</param>
    /// <returns>A task that ends then.</returns>
    public ValueTask SetLengthAsync(long length, CancellationToken cancellationToken = default) => Engine.Ring.Supports(Opcode.Ftruncate)
        ? Done(IoRequest.SetLength(this, length), cancellationToken)
        : FileWriter.SetLengthOnWorkerAsync(this, length, cancellationToken);

    /// <summary>Asks for size, times, permissions and alignment. <c>statx(2)</c>.</summary>
    /// <param name="cancellationToken">Asks for the end.</param>
    /// <returns>The status.</returns>
    public async ValueTask<FileStatus> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        byte[] record = new byte[FileStatus.RecordBytes];
        await Loop.ExecuteAsync(IoRequest.Status(string.Empty, record, directory: this), cancellationToken);
        return FileStatus.Parse(record);
    }

    /// <summary>Tells the kernel how the file will be read. <c>posix_fadvise(2)</c>.</summary>
    /// <param name="advice">The advice.</param>
    /// <param name="offset">Where the range begins, in bytes.</param>
    /// <param name="length">Its length in bytes; 0 for the rest of the file.</param>
    /// <param name="cancellationToken">Asks for the end.</param>
    /// <returns>A task that ends when the advice is taken; nothing need be resident then.</returns>
    public ValueTask AdviseAsync(FileAdvice advice, long offset = 0, uint length = 0, CancellationToken cancellationToken = default) =>
        Done(IoRequest.Advise(this, advice, offset, length), cancellationToken);

    /// <summary>Gives the file a position: a stream for code that wants one. Disposing the stream closes the file.</summary>
    /// <returns>The stream. Its synchronous calls work off the loop and are refused on it.</returns>
    public Stream AsStream() => new DispatchFileStream(this);

    /// <summary>The length by a plain call. Owner only: elsewhere the number could be closed, and another file's, by then.</summary>
    internal long LengthNow()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        return Engine.Ring.Calls.GetLength(OwnedDescriptor.Number);
    }

    private protected override void OnClosing()
    {
        // A file has no requests of its own making; those that users made on it are seen to by the base.
    }

    private static async Task<DispatchFile> OpenOnOwnerAsync(EventLoop owner, string path, FileOpenOptions options, CancellationToken token)
    {
        int number = await owner.ExecuteAsync(IoRequest.OpenAt(path, (OpenFlags)options.ToFlags(), options.CreateMode), token);
        OwnedDescriptor descriptor = new(number, owner.Engine.Ring.Calls);
        try
        {
            DirectAlignment? direct = null;
            if (options.Direct)
            {
                byte[] record = new byte[FileStatus.RecordBytes];
                await owner.ExecuteAsync(IoRequest.Status(string.Empty, record, directory: number), token);
                direct = DirectAlignment.From(FileStatus.Parse(record), path);
            }

            return new DispatchFile(owner.Engine, descriptor, path, direct);
        }
        catch
        {
            descriptor.CloseNow();
            throw;
        }
    }

    private async ValueTask Done(IoRequest request, CancellationToken token) => await Loop.ExecuteAsync(request, token);
}
