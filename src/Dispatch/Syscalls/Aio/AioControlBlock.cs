using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// <c>struct iocb</c> of <c>linux/aio_abi.h</c>: one request of the old asynchronous interface, in the kernel's own layout (64 bytes, little-endian), so that code written for <c>io_submit(2)</c> fills it as before.
/// It has to lie in memory that does not move: it is named by its address. It may be reused as soon as <see cref="AioContext.Submit"/> has returned, but for a cancel, which names it.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct AioControlBlock
{
    /// <summary>Gets or sets <c>aio_data</c>: what comes back as <see cref="AioEvent.Data"/>.</summary>
    public ulong Data { get; set; }

    /// <summary>Gets or sets <c>aio_key</c>: set to 0 by the submit.</summary>
    public uint Key { get; set; }

    /// <summary>Gets or sets <c>aio_rw_flags</c>: the RWF flags of <c>preadv2(2)</c>.</summary>
    public int ReadWriteFlags { get; set; }

    /// <summary>Gets or sets <c>aio_lio_opcode</c>: what to do.</summary>
    public AioCommand Command { get; set; }

    /// <summary>Gets or sets <c>aio_reqprio</c>: the I/O priority, with <see cref="AioBlockFlags.Priority"/>.</summary>
    public short Priority { get; set; }

    /// <summary>Gets or sets <c>aio_fildes</c>: the descriptor.</summary>
    public uint Descriptor { get; set; }

    /// <summary>Gets or sets <c>aio_buf</c>: the address of the memory, or of the vector, or the events of a poll. The memory is lent until the event has come.</summary>
    public ulong Buffer { get; set; }

    /// <summary>Gets or sets <c>aio_nbytes</c>: bytes, or pieces of the vector.</summary>
    public ulong Length { get; set; }

    /// <summary>Gets or sets <c>aio_offset</c>: the position in the file.</summary>
    public long Offset { get; set; }

    /// <summary>Gets or sets <c>aio_reserved2</c>: 0.</summary>
    public ulong Reserved { get; set; }

    /// <summary>Gets or sets <c>aio_flags</c>.</summary>
    public AioBlockFlags Flags { get; set; }

    /// <summary>Gets or sets <c>aio_resfd</c>: an eventfd to be counted up with the event, with <see cref="AioBlockFlags.EventDescriptor"/>.</summary>
    public uint EventDescriptor { get; set; }
}
