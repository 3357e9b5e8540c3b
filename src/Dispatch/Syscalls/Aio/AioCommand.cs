using System.Diagnostics.CodeAnalysis;

namespace Dispatch;

/// <summary>The commands of <c>linux/aio_abi.h</c> that a kernel carries out; it answers EINVAL to all others.</summary>
[SuppressMessage("Design", "CA1028", Justification = "The kernel's field has 16 bits.")]
public enum AioCommand : ushort
{
    /// <summary>IOCB_CMD_PREAD: <c>pread(2)</c>.</summary>
    Read = 0,

    /// <summary>IOCB_CMD_PWRITE: <c>pwrite(2)</c>.</summary>
    Write = 1,

    /// <summary>IOCB_CMD_FSYNC: <c>fsync(2)</c>.</summary>
    Sync = 2,

    /// <summary>IOCB_CMD_FDSYNC: <c>fdatasync(2)</c>.</summary>
    SyncData = 3,

    /// <summary>IOCB_CMD_POLL: readiness, once; <see cref="AioControlBlock.Buffer"/> has the events.</summary>
    Poll = 5,

    /// <summary>IOCB_CMD_PREADV: <c>preadv(2)</c>.</summary>
    ReadVector = 7,

    /// <summary>IOCB_CMD_PWRITEV: <c>pwritev(2)</c>.</summary>
    WriteVector = 8,
}
