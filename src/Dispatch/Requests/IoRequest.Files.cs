namespace Dispatch;

/// <content>Requests on open files, and on memory.</content>
public partial struct IoRequest
{
    /// <summary>Closes a descriptor number. <c>close(2)</c>, <c>io_uring_prep_close(3)</c>; Linux 5.6. Handles are closed with their own methods, which know what is in flight.</summary>
    /// <param name="descriptor">The number.</param>
    /// <returns>The request.</returns>
    public static IoRequest Close(int descriptor) => On(Opcode.Close, descriptor);

    /// <summary>Reads from a file at an offset; may read less, and 0 bytes at the end. <c>pread(2)</c>, <c>io_uring_prep_read(3)</c>; Linux 5.6.</summary>
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

    /// <summary>Reads into unmanaged memory, which the caller keeps in place until the completion. <c>pread(2)</c>, <c>io_uring_prep_read(3)</c>; Linux 5.6.</summary>
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

    /// <summary>Writes to a file at an offset; may write less. <c>pwrite(2)</c>, <c>io_uring_prep_write(3)</c>; Linux 5.6. Buffered writes run on a kernel worker on most file systems.</summary>
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

    /// <summary>Writes from unmanaged memory, which the caller keeps in place until the completion. <c>pwrite(2)</c>, <c>io_uring_prep_write(3)</c>; Linux 5.6.</summary>
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

    /// <summary>Reads into several buffers, one after the other. <c>preadv2(2)</c>, <c>io_uring_prep_readv2(3)</c>; Linux 5.1.</summary>
    /// <param name="file">The file.</param>
    /// <param name="buffers">Where to; at most 1,024, pinned from submit to completion.</param>
    /// <param name="offset">The offset in bytes; −1 for the file's own position.</param>
    /// <param name="flags">Options of <c>preadv2(2)</c>.</param>
    /// <returns>The request.</returns>
    public static IoRequest ReadVector(Descriptor file, IReadOnlyList<Memory<byte>> buffers, long offset, ReadWriteFlags flags = ReadWriteFlags.None) =>
        OnVector(Opcode.Readv, file, buffers, offset, flags);

    /// <summary>Writes from several buffers, one after the other. <c>pwritev2(2)</c>, <c>io_uring_prep_writev2(3)</c>; Linux 5.1.</summary>
    /// <param name="file">The file.</param>
    /// <param name="buffers">The data; at most 1,024 pieces, pinned from submit to completion.</param>
    /// <param name="offset">The offset in bytes; −1 for the file's own position.</param>
    /// <param name="flags">Options of <c>pwritev2(2)</c>.</param>
    /// <returns>The request.</returns>
    public static IoRequest WriteVector(Descriptor file, IReadOnlyList<ReadOnlyMemory<byte>> buffers, long offset, ReadWriteFlags flags = ReadWriteFlags.None)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        return OnVector(Opcode.Writev, file, AsPinnable(buffers), offset, flags);
    }

    /// <summary>Reads into a registered buffer, which saves the kernel mapping it for each request. <c>io_uring_register(2)</c>, <c>io_uring_prep_read_fixed(3)</c>; Linux 5.1.</summary>
    /// <param name="file">The file.</param>
    /// <param name="buffer">A buffer of the same loop; disposing it earlier takes effect at the completion.</param>
    /// <param name="length">Bytes at most.</param>
    /// <param name="offset">The offset in bytes.</param>
    /// <returns>The request.</returns>
    public static IoRequest ReadFixed(Descriptor file, RegisteredBuffer buffer, int length, long offset) => OnFixed(Opcode.ReadFixed, file, buffer, length, offset);

    /// <summary>Writes from a registered buffer. <c>io_uring_register(2)</c>, <c>io_uring_prep_write_fixed(3)</c>; Linux 5.1.</summary>
    /// <param name="file">The file.</param>
    /// <param name="buffer">A buffer of the same loop; disposing it earlier takes effect at the completion.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="offset">The offset in bytes.</param>
    /// <returns>The request.</returns>
    public static IoRequest WriteFixed(Descriptor file, RegisteredBuffer buffer, int length, long offset) => OnFixed(Opcode.WriteFixed, file, buffer, length, offset);

    /// <summary>
    /// Reads into several pieces of a registered buffer, one after the other. <c>preadv2(2)</c>, <c>io_uring_prep_readv_fixed(3)</c>; Linux 6.15. Where the kernel lacks it, an await throws <see cref="PlatformNotSupportedException"/>.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="buffer">A buffer of the same loop; disposing it earlier takes effect at the completion.</param>
    /// <param name="pieces">Where in it; at most 1,024.</param>
    /// <param name="offset">The offset in bytes.</param>
    /// <param name="flags">Options of <c>preadv2(2)</c>.</param>
    /// <returns>The request.</returns>
    public static IoRequest ReadVectorFixed(Descriptor file, RegisteredBuffer buffer, IReadOnlyList<Range> pieces, long offset, ReadWriteFlags flags = ReadWriteFlags.None) =>
        OnVectorFixed(Opcode.ReadvFixed, file, buffer, pieces, offset, flags);

    /// <summary>
    /// Writes from several pieces of a registered buffer, one after the other. <c>pwritev2(2)</c> (<c>preadv2(2)</c>), <c>io_uring_prep_writev_fixed(3)</c>; Linux 6.15. Where the kernel lacks it, an await throws <see cref="PlatformNotSupportedException"/>.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="buffer">A buffer of the same loop; disposing it earlier takes effect at the completion.</param>
    /// <param name="pieces">Where in it; at most 1,024.</param>
    /// <param name="offset">The offset in bytes.</param>
    /// <param name="flags">Options of <c>pwritev2(2)</c>.</param>
    /// <returns>The request.</returns>
    public static IoRequest WriteVectorFixed(Descriptor file, RegisteredBuffer buffer, IReadOnlyList<Range> pieces, long offset, ReadWriteFlags flags = ReadWriteFlags.None) =>
        OnVectorFixed(Opcode.WritevFixed, file, buffer, pieces, offset, flags);

    /// <summary>
    /// Begins to write a range of a file to its device, or waits for such writes. No promise that the data survives a crash: metadata is not written, nor is a device's cache. <c>sync_file_range(2)</c>, <c>io_uring_prep_sync_file_range(3)</c>; Linux 5.2. ESPIPE for what is
    /// no file. Runs on a kernel worker.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where the range begins, in bytes.</param>
    /// <param name="length">Its length in bytes (up to 4 GiB a request); 0 for the rest of the file.</param>
    /// <param name="flags">What to do.</param>
    /// <returns>The request.</returns>
    public static IoRequest SyncRange(Descriptor file, long offset, uint length, SyncRangeFlags flags)
    {
        IoRequest request = On(Opcode.SyncFileRange, file);
        request.Entry.Offset = (ulong)offset;
        request.Entry.Length = length;
        request.Entry.OperationFlags = (uint)flags;
        return request;
    }

    /// <summary>
    /// Tells the kernel how memory will be used, or has it act on it. <c>madvise(2)</c>, <c>io_uring_prep_madvise(3)</c>; Linux 5.6. ENOMEM where nothing is mapped. Runs on a kernel worker. Memory of the runtime's is not to be given away by <see cref="MemoryAdvice.DontNeed"/> and its like.
    /// </summary>
    /// <param name="address">Where the range begins: a multiple of the page size, in memory that stays mapped until the completion.</param>
    /// <param name="length">Its length in bytes; more than 4 GiB from Linux 6.11 on.</param>
    /// <param name="advice">The advice.</param>
    /// <returns>The request.</returns>
    public static IoRequest AdviseMemory(nint address, long length, MemoryAdvice advice)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        IoRequest request = On(Opcode.Madvise);
        request.Entry.Address = (ulong)address;
        if (length <= uint.MaxValue)
        {
            request.Entry.Length = (uint)length;
        }
        else
        {
            request.Entry.Offset = (ulong)length;
        }

        request.Entry.OperationFlags = (uint)advice;
        return request;
    }

    /// <summary>Waits until written data is on the device. <c>fsync(2)</c>, <c>fdatasync(2)</c>, <c>io_uring_prep_fsync(3)</c>; Linux 5.1. Runs on a kernel worker. Covers writes that had completed when it was submitted.</summary>
    /// <param name="file">The file.</param>
    /// <param name="dataOnly">Whether metadata that is not needed to read the data back may wait.</param>
    /// <returns>The request.</returns>
    public static IoRequest Sync(Descriptor file, bool dataOnly = false)
    {
        IoRequest request = On(Opcode.Fsync, file);
        request.Entry.OperationFlags = dataOnly ? IoUringAbi.IORING_FSYNC_DATASYNC : 0;
        return request;
    }

    /// <summary>Allocates, frees or zeroes space of a file. <c>fallocate(2)</c>, <c>io_uring_prep_fallocate(3)</c>; Linux 5.6. Runs on a kernel worker.</summary>
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

    /// <summary>Sets the length of a file. <c>ftruncate(2)</c>, <c>io_uring_prep_ftruncate(3)</c>; Linux 6.9. Where the kernel lacks it, an await throws <see cref="PlatformNotSupportedException"/>. <see cref="DispatchFile.SetLengthAsync"/> makes the call there too. Runs on a kernel worker.</summary>
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

    /// <summary>
    /// Tells the kernel how a file will be read. <c>posix_fadvise(2)</c>, <c>io_uring_prep_fadvise(3)</c>; Linux 5.6. Advice only: completing does not mean that anything is resident.
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

    private static IoRequest OnVector(Opcode opcode, Descriptor file, IReadOnlyList<Memory<byte>> buffers, long offset, ReadWriteFlags flags)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        VerifyCount(opcode, buffers.Count, nameof(buffers));
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

    /// <summary>The kernel only reads what is written or sent; the reference is kept in the same field as that of memory it writes to.</summary>
    private static Memory<byte> AsPinnable(ReadOnlyMemory<byte> data) => System.Runtime.InteropServices.MemoryMarshal.AsMemory(data);

    private static Memory<byte>[] AsPinnable(IReadOnlyList<ReadOnlyMemory<byte>> data)
    {
        Memory<byte>[] pinnable = new Memory<byte>[data.Count];
        for (int i = 0; i < pinnable.Length; i++)
        {
            pinnable[i] = AsPinnable(data[i]);
        }

        return pinnable;
    }

    private static IoRequest OnVectorFixed(Opcode opcode, Descriptor file, RegisteredBuffer buffer, IReadOnlyList<Range> pieces, long offset, ReadWriteFlags flags)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentNullException.ThrowIfNull(pieces);
        VerifyCount(opcode, pieces.Count, nameof(pieces));
        Memory<byte>[] memories = new Memory<byte>[pieces.Count];
        for (int i = 0; i < memories.Length; i++)
        {
            memories[i] = buffer.Memory[pieces[i]];
        }

        IoRequest request = On(opcode, file);
        request.SetExtras(new RequestExtras { Vector = memories, Registered = buffer });
        request.Entry.Offset = (ulong)offset;
        request.Entry.OperationFlags = (uint)flags;
        request.Entry.BufferIndex = buffer.Index;
        return request;
    }
}
