using System.Text;

namespace Dispatch;

/// <content>Requests on files and paths.</content>
public partial struct IoRequest
{
    /// <summary>
    /// Opens a file; the result is a descriptor, which the caller closes. <c>openat(2)</c>; Linux 5.6. Runs on a kernel worker unless the path is cached. Never for a FIFO without
    /// <see cref="OpenFlags.NonBlocking"/>: waiting for its peer would hold up a kernel worker for ever. <see cref="OpenFifo"/> is for that.
    /// </summary>
    /// <param name="path">The path, relative to <paramref name="directory"/>.</param>
    /// <param name="flags">How to open. Add <see cref="OpenFlags.CloseOnExec"/> unless children are to inherit it.</param>
    /// <param name="mode">The permissions of a file that is created.</param>
    /// <param name="directory">A directory; default the current one.</param>
    /// <returns>The request.</returns>
    public static IoRequest OpenAt(string path, OpenFlags flags, UnixFileMode mode = default, Descriptor? directory = null)
    {
        IoRequest request = On(Opcode.Openat, directory ?? Descriptor.CurrentDirectory);
        request.First = PathBytes(path);
        request.SetExtras(new RequestExtras { Subject = path });
        request.Entry.Length = (uint)mode;
        request.Entry.OperationFlags = (uint)flags;
        return request;
    }

    /// <summary>Closes a descriptor number. <c>close(2)</c>; Linux 5.6. Handles are closed with their own methods, which know what is in flight.</summary>
    /// <param name="descriptor">The number.</param>
    /// <returns>The request.</returns>
    public static IoRequest Close(int descriptor) => On(Opcode.Close, descriptor);

    /// <summary>Reads from a file at an offset; may read less, and 0 bytes at the end. <c>pread(2)</c>; Linux 5.6.</summary>
    /// <param name="file">The file.</param>
    /// <param name="buffer">Where to; pinned from submit to completion.</param>
    /// <param name="offset">The offset in bytes; −1 reads at, and moves, the file's own position (pipes, terminals).</param>
    /// <param name="flags">Options of <c>preadv2(2)</c>.</param>
    /// <returns>The request.</returns>
    public static IoRequest Read(Descriptor file, Memory<byte> buffer, long offset, ReadWriteFlags flags = ReadWriteFlags.None)
    {
        IoRequest request = On(Opcode.Read, file);
        request.First = buffer;
        request.Entry.Length = (uint)buffer.Length;
        request.Entry.Offset = (ulong)offset;
        request.Entry.OperationFlags = (uint)flags;
        return request;
    }

    /// <summary>Reads into unmanaged memory, which the caller keeps in place until the completion. <c>pread(2)</c>; Linux 5.6.</summary>
    /// <param name="file">The file.</param>
    /// <param name="address">Where to.</param>
    /// <param name="length">Bytes at most.</param>
    /// <param name="offset">The offset in bytes; −1 for the file's own position.</param>
    /// <returns>The request.</returns>
    public static IoRequest Read(Descriptor file, nint address, int length, long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        IoRequest request = On(Opcode.Read, file);
        request.Entry.Address = (ulong)address;
        request.Entry.Length = (uint)length;
        request.Entry.Offset = (ulong)offset;
        return request;
    }

    /// <summary>Writes to a file at an offset; may write less. <c>pwrite(2)</c>; Linux 5.6. Buffered writes run on a kernel worker on most file systems.</summary>
    /// <param name="file">The file.</param>
    /// <param name="data">The data; pinned from submit to completion.</param>
    /// <param name="offset">The offset in bytes; −1 for the file's own position, or its end when opened with <see cref="OpenFlags.Append"/>.</param>
    /// <param name="flags">Options of <c>pwritev2(2)</c>.</param>
    /// <returns>The request.</returns>
    public static IoRequest Write(Descriptor file, ReadOnlyMemory<byte> data, long offset, ReadWriteFlags flags = ReadWriteFlags.None)
    {
        IoRequest request = On(Opcode.Write, file);
        request.First = AsPinnable(data);
        request.Entry.Length = (uint)data.Length;
        request.Entry.Offset = (ulong)offset;
        request.Entry.OperationFlags = (uint)flags;
        return request;
    }

    /// <summary>Writes from unmanaged memory, which the caller keeps in place until the completion. <c>pwrite(2)</c>; Linux 5.6.</summary>
    /// <param name="file">The file.</param>
    /// <param name="address">Where from.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="offset">The offset in bytes; −1 for the file's own position.</param>
    /// <returns>The request.</returns>
    public static IoRequest Write(Descriptor file, nint address, int length, long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        IoRequest request = On(Opcode.Write, file);
        request.Entry.Address = (ulong)address;
        request.Entry.Length = (uint)length;
        request.Entry.Offset = (ulong)offset;
        return request;
    }

    /// <summary>Reads into several buffers, one after the other. <c>preadv2(2)</c>; Linux 5.1.</summary>
    /// <param name="file">The file.</param>
    /// <param name="buffers">Where to; at most 1,024, pinned from submit to completion.</param>
    /// <param name="offset">The offset in bytes; −1 for the file's own position.</param>
    /// <param name="flags">Options of <c>preadv2(2)</c>.</param>
    /// <returns>The request.</returns>
    public static IoRequest ReadVector(Descriptor file, IReadOnlyList<Memory<byte>> buffers, long offset, ReadWriteFlags flags = ReadWriteFlags.None) =>
        OnVector(Opcode.Readv, file, buffers, offset, flags);

    /// <summary>Writes from several buffers, one after the other. <c>pwritev2(2)</c>; Linux 5.1.</summary>
    /// <param name="file">The file.</param>
    /// <param name="buffers">The data; at most 1,024 pieces, pinned from submit to completion.</param>
    /// <param name="offset">The offset in bytes; −1 for the file's own position.</param>
    /// <param name="flags">Options of <c>pwritev2(2)</c>.</param>
    /// <returns>The request.</returns>
    public static IoRequest WriteVector(Descriptor file, IReadOnlyList<ReadOnlyMemory<byte>> buffers, long offset, ReadWriteFlags flags = ReadWriteFlags.None)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        Memory<byte>[] pinnable = new Memory<byte>[buffers.Count];
        for (int i = 0; i < pinnable.Length; i++)
        {
            pinnable[i] = AsPinnable(buffers[i]);
        }

        return OnVector(Opcode.Writev, file, pinnable, offset, flags);
    }

    /// <summary>Reads into a registered buffer, which saves the kernel mapping it for each request. <c>io_uring_register(2)</c>; Linux 5.1.</summary>
    /// <param name="file">The file.</param>
    /// <param name="buffer">A buffer of the same loop; disposing it earlier takes effect at the completion.</param>
    /// <param name="length">Bytes at most.</param>
    /// <param name="offset">The offset in bytes.</param>
    /// <returns>The request.</returns>
    public static IoRequest ReadFixed(Descriptor file, RegisteredBuffer buffer, int length, long offset) => OnFixed(Opcode.ReadFixed, file, buffer, length, offset);

    /// <summary>Writes from a registered buffer. <c>io_uring_register(2)</c>; Linux 5.1.</summary>
    /// <param name="file">The file.</param>
    /// <param name="buffer">A buffer of the same loop; disposing it earlier takes effect at the completion.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="offset">The offset in bytes.</param>
    /// <returns>The request.</returns>
    public static IoRequest WriteFixed(Descriptor file, RegisteredBuffer buffer, int length, long offset) => OnFixed(Opcode.WriteFixed, file, buffer, length, offset);

    /// <summary>Waits until written data is on the device. <c>fsync(2)</c>, <c>fdatasync(2)</c>; Linux 5.1. Runs on a kernel worker. Covers writes that had completed when it was submitted.</summary>
    /// <param name="file">The file.</param>
    /// <param name="dataOnly">Whether metadata that is not needed to read the data back may wait.</param>
    /// <returns>The request.</returns>
    public static IoRequest Sync(Descriptor file, bool dataOnly = false)
    {
        IoRequest request = On(Opcode.Fsync, file);
        request.Entry.OperationFlags = dataOnly ? IoUringAbi.IORING_FSYNC_DATASYNC : 0;
        return request;
    }

    /// <summary>Allocates, frees or zeroes space of a file. <c>fallocate(2)</c>; Linux 5.6. Runs on a kernel worker.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where it begins, in bytes.</param>
    /// <param name="length">How much, in bytes; more than 0.</param>
    /// <param name="mode">What to do.</param>
    /// <returns>The request.</returns>
    public static IoRequest Allocate(Descriptor file, long offset, long length, FileAllocationMode mode = FileAllocationMode.Allocate)
    {
        IoRequest request = On(Opcode.Fallocate, file);
        request.Entry.Offset = (ulong)offset;
        request.Entry.Address = (ulong)length;
        request.Entry.Length = (uint)mode;
        return request;
    }

    /// <summary>Sets the length of a file. <c>ftruncate(2)</c>; Linux 6.9 (older: EINVAL; <see cref="DispatchFile.SetLengthAsync"/> does it on a worker there). Runs on a kernel worker.</summary>
    /// <param name="file">The file, open for writing.</param>
    /// <param name="length">The length in bytes.</param>
    /// <returns>The request.</returns>
    public static IoRequest SetLength(Descriptor file, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        IoRequest request = On(Opcode.Ftruncate, file);
        request.Entry.Offset = (ulong)length;
        return request;
    }

    /// <summary>Asks about a file. <c>statx(2)</c>; Linux 5.6. Runs on a kernel worker. <see cref="FileStatus.Parse"/> reads the answer.</summary>
    /// <param name="path">The path, relative to <paramref name="directory"/>; empty for <paramref name="directory"/> itself (any open file).</param>
    /// <param name="answer">Where the answer is written: 256 bytes, pinned from submit to completion.</param>
    /// <param name="followLinks">Whether a symbolic link at the end of the path is followed.</param>
    /// <param name="directory">A directory or an open file; default the current directory.</param>
    /// <returns>The request.</returns>
    public static IoRequest Status(string path, Memory<byte> answer, bool followLinks = true, Descriptor? directory = null)
    {
        if (answer.Length < FileStatus.RecordBytes)
        {
            throw new ArgumentException($"The answer needs {FileStatus.RecordBytes} bytes; {answer.Length} were given.", nameof(answer));
        }

        IoRequest request = On(Opcode.Statx, directory ?? Descriptor.CurrentDirectory);
        request.First = PathBytes(path, allowEmpty: true);
        request.SetExtras(new RequestExtras { Second = answer, Subject = path });
        request.Entry.Length = FileStatus.WantedMask;
        request.Entry.OperationFlags = (followLinks ? 0 : Libc.AT_SYMLINK_NOFOLLOW) | (path.Length == 0 ? Libc.AT_EMPTY_PATH : 0);
        return request;
    }

    /// <summary>
    /// Tells the kernel how a file will be read. <c>posix_fadvise(2)</c>; Linux 5.6. Advice only: completing does not mean that anything is resident.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="advice">The advice.</param>
    /// <param name="offset">Where the range begins, in bytes.</param>
    /// <param name="length">Its length in bytes (up to 4 GiB a request); 0 for the rest of the file.</param>
    /// <returns>The request.</returns>
    public static IoRequest Advise(Descriptor file, FileAdvice advice, long offset = 0, uint length = 0)
    {
        IoRequest request = On(Opcode.Fadvise, file);
        request.Entry.Offset = (ulong)offset;
        request.Entry.Length = length;
        request.Entry.OperationFlags = (uint)advice;
        return request;
    }

    /// <summary>Removes a name. <c>unlinkat(2)</c>; Linux 5.11. Runs on a kernel worker.</summary>
    /// <param name="path">The path, relative to <paramref name="directory"/>.</param>
    /// <param name="isDirectory">Whether it is an empty directory.</param>
    /// <param name="directory">A directory; default the current one.</param>
    /// <returns>The request.</returns>
    public static IoRequest Unlink(string path, bool isDirectory = false, Descriptor? directory = null)
    {
        IoRequest request = On(Opcode.Unlinkat, directory ?? Descriptor.CurrentDirectory);
        request.First = PathBytes(path);
        request.SetExtras(new RequestExtras { Subject = path });
        request.Entry.OperationFlags = isDirectory ? Libc.AT_REMOVEDIR : 0;
        return request;
    }

    /// <summary>Renames. <c>renameat2(2)</c>; Linux 5.11. Runs on a kernel worker. Paths are relative to the current directory.</summary>
    /// <param name="path">The present path.</param>
    /// <param name="newPath">The new path.</param>
    /// <param name="flags">What to do when the new path exists.</param>
    /// <returns>The request.</returns>
    public static IoRequest Rename(string path, string newPath, RenameFlags flags = RenameFlags.None)
    {
        IoRequest request = On(Opcode.Renameat, Descriptor.CurrentDirectory);
        request.First = PathBytes(path);
        request.SetExtras(new RequestExtras { Second = PathBytes(newPath), Subject = path });
        request.Entry.Length = unchecked((uint)Descriptor.CurrentDirectory.Number);
        request.Entry.OperationFlags = (uint)flags;
        return request;
    }

    /// <summary>Makes a directory. <c>mkdirat(2)</c>; Linux 5.15. Runs on a kernel worker.</summary>
    /// <param name="path">The path, relative to <paramref name="directory"/>.</param>
    /// <param name="mode">Its permissions, less the process's umask.</param>
    /// <param name="directory">A directory; default the current one.</param>
    /// <returns>The request.</returns>
    public static IoRequest MakeDirectory(string path, UnixFileMode mode, Descriptor? directory = null)
    {
        IoRequest request = On(Opcode.Mkdirat, directory ?? Descriptor.CurrentDirectory);
        request.First = PathBytes(path);
        request.SetExtras(new RequestExtras { Subject = path });
        request.Entry.Length = (uint)mode;
        return request;
    }

    private static IoRequest OnVector(Opcode opcode, Descriptor file, IReadOnlyList<Memory<byte>> buffers, long offset, ReadWriteFlags flags)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        if (buffers.Count is 0 or > Libc.IOV_MAX)
        {
            throw new ArgumentException($"{OpcodeNames.Of(opcode)} takes 1 to {Libc.IOV_MAX} buffers; {buffers.Count} were given.", nameof(buffers));
        }

        IoRequest request = On(opcode, file);
        request.SetExtras(new RequestExtras { Vector = buffers });
        request.Entry.Offset = (ulong)offset;
        request.Entry.OperationFlags = (uint)flags;
        return request;
    }

    private static IoRequest OnFixed(Opcode opcode, Descriptor file, RegisteredBuffer buffer, int length, long offset)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, buffer.Length);
        IoRequest request = On(opcode, file);
        request.First = buffer.Memory;
        request.Entry.Length = (uint)length;
        request.Entry.Offset = (ulong)offset;
        request.Entry.BufferIndex = buffer.Index;
        return request;
    }

    private static Memory<byte> PathBytes(string path, bool allowEmpty = false)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0 && !allowEmpty)
        {
            throw new ArgumentException("The path is empty.", nameof(path));
        }

        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("The path contains a NUL character, at which the kernel would cut it off.", nameof(path));
        }

        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(path) + 1];
        Encoding.UTF8.GetBytes(path, bytes);
        return bytes;
    }

    /// <summary>The kernel only reads what is written or sent; the reference is kept in the same field as that of memory it writes to.</summary>
    private static Memory<byte> AsPinnable(ReadOnlyMemory<byte> data) => System.Runtime.InteropServices.MemoryMarshal.AsMemory(data);
}
