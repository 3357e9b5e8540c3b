namespace Dispatch;

/// <content>Requests on pipes.</content>
public partial struct IoRequest
{
    /// <summary>Makes a pipe; the result is 0, and the descriptors are in <paramref name="ends"/>. <c>pipe2(2)</c>, <c>io_uring_prep_pipe(3)</c>; Linux 6.16. Where the kernel lacks it, an await throws <see cref="PlatformNotSupportedException"/>. Runs inline.</summary>
    /// <param name="ends">Where the descriptors are written; the caller closes them.</param>
    /// <param name="flags">Flags of both.</param>
    /// <returns>The request.</returns>
    public static IoRequest Pipe(PipeEnds ends, PipeFlags flags = PipeFlags.CloseOnExec)
    {
        ArgumentNullException.ThrowIfNull(ends);
        IoRequest request = On(Opcode.Pipe, 0); // The kernel insists on 0.
        request.First = ends.Record;
        request.SetExtras(new RequestExtras { Results = ends });
        request.Entry.OperationFlags = (uint)flags;
        return request;
    }

    /// <summary>
    /// Moves data between a pipe and any other descriptor without a copy in user space; the result is the number of bytes, which may be fewer, 0 at the end. <c>splice(2)</c>, <c>io_uring_prep_splice(3)</c>; Linux 5.7. EINVAL when neither is a pipe.
    /// </summary>
    /// <remarks>
    /// Always runs on a kernel worker. Without <see cref="SpliceFlags.NonBlocking"/> (the default), an empty source or a full target holds that worker up until somebody else does something, for ever perhaps, and the ring has few: so
    /// leave the flag, wait for readiness with <see cref="Poll"/> when the result is −EAGAIN, and try again.
    /// </remarks>
    /// <param name="source">Where from.</param>
    /// <param name="sourceOffset">The offset in bytes; −1 for the file's own position, and for a pipe.</param>
    /// <param name="target">Where to.</param>
    /// <param name="targetOffset">The offset there, likewise.</param>
    /// <param name="length">Bytes at most.</param>
    /// <param name="flags">How.</param>
    /// <returns>The request.</returns>
    public static IoRequest Splice(Descriptor source, long sourceOffset, Descriptor target, long targetOffset, int length, SpliceFlags flags = SpliceFlags.NonBlocking)
    {
        IoRequest request = OnPipes(Opcode.Splice, source, target, length, flags);
        request.Entry.Address = (ulong)sourceOffset;
        request.Entry.Offset = (ulong)targetOffset;
        return request;
    }

    /// <summary>
    /// Copies data from one pipe to another and leaves it in the first; the result is the number of bytes. <c>tee(2)</c>, <c>io_uring_prep_tee(3)</c>; Linux 5.8. Runs on a kernel worker: what is said of <see cref="Splice"/> and waiting goes for it too.
    /// </summary>
    /// <param name="source">The pipe to read from.</param>
    /// <param name="target">The pipe to write to.</param>
    /// <param name="length">Bytes at most.</param>
    /// <param name="flags">How.</param>
    /// <returns>The request.</returns>
    public static IoRequest Tee(Descriptor source, Descriptor target, int length, SpliceFlags flags = SpliceFlags.NonBlocking) => OnPipes(Opcode.Tee, source, target, length, flags);

    /// <summary>
    /// Reads whenever there is something, until it is cancelled, fails or meets the end, into the loop's receive buffers, as <see cref="ReceiveMultishot"/> does. Pipes, terminals and other descriptors that can be polled; EBADFD for files.
    /// <c>read(2)</c>, <c>io_uring_prep_read_multishot(3)</c>; Linux 6.7. Where the kernel lacks it, an await throws <see cref="PlatformNotSupportedException"/>. Asynchronous.
    /// </summary>
    /// <param name="file">The descriptor.</param>
    /// <returns>The request.</returns>
    public static IoRequest ReadMultishot(Descriptor file)
    {
        IoRequest request = On(Opcode.ReadMultishot, file);
        request.Entry.Offset = ulong.MaxValue;
        request.SelectBuffers();
        return request;
    }

    private static IoRequest OnPipes(Opcode opcode, Descriptor source, Descriptor target, int length, SpliceFlags flags)
    {
        const uint FixedSource = 1u << 31; // SPLICE_F_FD_IN_FIXED
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        IoRequest request = On(opcode, target);
        request.Entry.Length = (uint)length;
        request.Entry.OperationFlags = (uint)flags | (source.IsSlot ? FixedSource : 0);
        request.SetOther(source);
        return request;
    }

    /// <summary>Completions come until it ends, each with one of the loop's buffers.</summary>
    private void SelectBuffers()
    {
        isMultishot = true;
        Entry.Flags |= EntryFlags.BufferSelect;
        Entry.BufferGroup = BufferPool.Group;
        hasReferences = true; // Not of its own: but the loop's buffers must exist before it is staged.
    }

    /// <summary>Names the second descriptor: by its number now, or by its handle at submit.</summary>
    private void SetOther(Descriptor other)
    {
        HeldExtras.SetOther(ref Entry, other.Number);
        if (!other.IsSlot && other.Owner is { } owner)
        {
            SetExtras((extras ?? new RequestExtras()) with { OtherTarget = owner });
        }
    }
}
