using System.Diagnostics.CodeAnalysis;

namespace Dispatch;

/// <summary>The flags of an <see cref="AioControlBlock"/>.</summary>
[Flags]
[SuppressMessage("Design", "CA1028", Justification = "The kernel's field has no sign.")]
public enum AioBlockFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>IOCB_FLAG_RESFD: <see cref="AioControlBlock.EventDescriptor"/> is an eventfd to be counted up.</summary>
    EventDescriptor = 1,

    /// <summary>IOCB_FLAG_IOPRIO: <see cref="AioControlBlock.Priority"/> is an I/O priority.</summary>
    Priority = 2,
}
