using static Dispatch.AioAbi;

namespace Dispatch;

/// <summary>
/// What the kernel's <c>io_submit(2)</c> checks before it takes a request, in its order and with its answers, and the ring's entry for what passes. A request that is refused here has no event. Any thread.
/// </summary>
internal static unsafe class AioCheck
{
    private const uint MostBytes = 0x7ffff000; // The kernel moves no more in one call.
    private const int KnownReadWriteFlags = 0x1ff;
    private const int HighPriority = 0x1; // RWF_HIPRI: nobody polls for these, so the kernel drops it.
    private const int Append = 0x10;
    private const int NoAppend = 0x20;
    private const int AccessMode = 3;
    private const int PathOnly = 0x200000; // O_PATH
    private const int PriorityClasses = 13;
    private const int LastPriorityClass = 3;

    /// <summary>Checks a control block. Returns 0, or a negative errno; then nothing is held.</summary>
    public static int Prepare(in AioControlBlock block, ulong address, out AioPrepared prepared)
    {
        prepared = new AioPrepared { Data = block.Data, Block = address, EventDescriptor = -1 };
        if (block.Reserved != 0 || (long)block.Length < 0)
        {
            return -Errno.EINVAL;
        }

        int flags = DescriptorFacts.StatusFlags((int)block.Descriptor);
        if (IsUseless(flags))
        {
            return -Errno.EBADF;
        }

        int notified = -1;
        if ((block.Flags & AioBlockFlags.EventDescriptor) != 0)
        {
            notified = TakeEventDescriptor((int)block.EventDescriptor);
            if (notified < 0)
            {
                return notified;
            }
        }

        prepared.Entry.Fd = (int)block.Descriptor;
        int error = block.Command switch
        {
            AioCommand.Read => Transfer(block, ref prepared, flags, Opcode.Read, isWrite: false),
            AioCommand.ReadVector => Transfer(block, ref prepared, flags, Opcode.Readv, isWrite: false),
            AioCommand.Write => Transfer(block, ref prepared, flags, Opcode.Write, isWrite: true),
            AioCommand.WriteVector => Transfer(block, ref prepared, flags, Opcode.Writev, isWrite: true),
            AioCommand.Sync => Synchronize(block, ref prepared, 0),
            AioCommand.SyncData => Synchronize(block, ref prepared, IoUringAbi.IORING_FSYNC_DATASYNC),
            AioCommand.Poll => Poll(block, ref prepared),
            _ => -Errno.EINVAL,
        };
        if (error < 0 && notified >= 0)
        {
            _ = SystemCall.Run(SystemCall.CloseDescriptor, notified);
            notified = -1;
        }

        prepared.EventDescriptor = notified;
        return error;
    }

    /// <summary>Says whether a descriptor is closed, or names a file without opening it.</summary>
    private static bool IsUseless(int statusFlags) => statusFlags < 0 || (statusFlags & PathOnly) != 0;

    private static int Transfer(in AioControlBlock block, ref AioPrepared prepared, int statusFlags, Opcode opcode, bool isWrite)
    {
        int readWriteFlags = block.ReadWriteFlags;
        if ((block.Flags & AioBlockFlags.Priority) != 0)
        {
            int error = CheckPriority((ushort)block.Priority);
            if (error < 0)
            {
                return error;
            }

            prepared.Entry.IoPriority = (ushort)block.Priority;
        }

        if ((readWriteFlags & ~KnownReadWriteFlags) != 0)
        {
            return -Errno.EOPNOTSUPP;
        }

        if ((readWriteFlags & (Append | NoAppend)) == (Append | NoAppend))
        {
            return -Errno.EINVAL;
        }

        int wrongMode = isWrite ? 0 : 1; // O_RDONLY and O_WRONLY.
        if ((statusFlags & AccessMode) == wrongMode)
        {
            return -Errno.EBADF;
        }

        if (DescriptorFacts.IsDirectory((int)block.Descriptor))
        {
            return -Errno.EINVAL;
        }

        prepared.Entry.Opcode = opcode;
        prepared.Entry.Address = block.Buffer;
        prepared.Entry.Length = (uint)Math.Min(block.Length, MostBytes);
        prepared.Entry.Offset = (ulong)block.Offset;
        prepared.Entry.OperationFlags = (uint)(readWriteFlags & ~HighPriority);
        if (opcode is Opcode.Readv or Opcode.Writev)
        {
            int error = TakeVector(block, ref prepared);
            if (error < 0)
            {
                return error;
            }
        }

        return block.Offset < 0 ? -Errno.EINVAL : 0;
    }

    /// <summary>The kernel takes the vector at the submit; so does this, because the user may do with it what they like afterwards.</summary>
    private static int TakeVector(in AioControlBlock block, ref AioPrepared prepared)
    {
        if (block.Length > Libc.IOV_MAX)
        {
            return -Errno.EINVAL;
        }

        Piece[] pieces = block.Length == 0 ? [] : new Piece[block.Length];
        fixed (Piece* first = pieces)
        {
            if (pieces.Length != 0 && !UserMemory.TryRead(first, block.Buffer, pieces.Length * sizeof(Piece)))
            {
                return -Errno.EFAULT;
            }
        }

        foreach (Piece piece in pieces)
        {
            if ((long)piece.Length < 0)
            {
                return -Errno.EINVAL;
            }
        }

        prepared.Pieces = pieces;
        prepared.Entry.Length = (uint)pieces.Length;
        return 0;
    }

    private static int Synchronize(in AioControlBlock block, ref AioPrepared prepared, uint flags)
    {
        bool hasMore = block.Buffer != 0 || block.Offset != 0 || block.Length != 0 || block.ReadWriteFlags != 0;
        if (hasMore || !DescriptorFacts.IsOfDisk((int)block.Descriptor))
        {
            return -Errno.EINVAL;
        }

        prepared.Entry.Opcode = Opcode.Fsync;
        prepared.Entry.OperationFlags = flags;
        return 0;
    }

    private static int Poll(in AioControlBlock block, ref AioPrepared prepared)
    {
        if ((ushort)block.Buffer != block.Buffer || block.Offset != 0 || block.Length != 0 || block.ReadWriteFlags != 0)
        {
            return -Errno.EINVAL;
        }

        prepared.Entry.Opcode = Opcode.PollAdd;
        prepared.Entry.OperationFlags = (uint)block.Buffer;
        return 0;
    }

    /// <summary>No class, then no level either; the rights for a class are checked by whoever does the request.</summary>
    private static int CheckPriority(ushort priority) => priority >> PriorityClasses is > 0 and <= LastPriorityClass || priority == 0 ? 0 : -Errno.EINVAL;

    /// <summary>A descriptor of our own for an eventfd, which the user may close before the event comes. Returns a negative errno for anything else.</summary>
    private static int TakeEventDescriptor(int descriptor)
    {
        if (IsUseless(DescriptorFacts.StatusFlags(descriptor)))
        {
            return -Errno.EBADF;
        }

        int own = (int)SystemCall.Run(SystemCall.Control, descriptor, F_DUPFD_CLOEXEC);
        if (own < 0)
        {
            return own;
        }

        string? target = new FileInfo($"/proc/self/fd/{own}").LinkTarget;
        if (target is not null && target.StartsWith("anon_inode:[eventfd", StringComparison.Ordinal))
        {
            return own;
        }

        _ = SystemCall.Run(SystemCall.CloseDescriptor, own);
        return -Errno.EINVAL;
    }
}
