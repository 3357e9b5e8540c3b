using static Dispatch.AioAbi;

namespace Dispatch;

/// <summary>
/// The blocking system call behind each opcode: arguments where io_uring's entry has them, results as the kernel gives them. Addresses go to the kernel as they are, which answers EFAULT to a bad one. Any thread.
/// </summary>
internal static unsafe class WorkerCalls
{
    private const int FutexWaitBits = 9 | 128; // FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG
    private const int FutexWakeBits = 10 | 128;

    /// <summary>Says whether a call can wait for ever, for somebody else to do something.</summary>
    public static bool WaitsForOthers(in SubmissionEntry entry) => WaitsForOthers(entry.Opcode) || (entry.Opcode is Opcode.Splice or Opcode.Tee && (entry.OperationFlags & (uint)SpliceFlags.NonBlocking) == 0);

    /// <summary>Says whether a kind of call can wait for ever.</summary>
    public static bool WaitsForOthers(Opcode opcode) => opcode is Opcode.Openat or Opcode.Openat2 or Opcode.FutexWait or Opcode.Accept or Opcode.Connect or Opcode.Waitid;

    /// <summary>Says whether it matters who makes a call: it looks at a path. Other calls are on descriptors, whose rights were checked when they were opened.</summary>
    public static bool IsCheckedByUser(Opcode opcode) => opcode is Opcode.Openat or Opcode.Openat2 or Opcode.Statx or Opcode.Unlinkat or Opcode.Renameat or Opcode.Mkdirat or Opcode.Symlinkat or Opcode.Linkat or Opcode.Bind or Opcode.Setxattr or Opcode.Getxattr;

    /// <summary>Adds what was moved before to a result: an error after some bytes is those bytes.</summary>
    public static int Total(long done, int result) => done == 0 ? result : result > 0 ? (int)(done + result) : (int)done;

    /// <summary>Makes the call.</summary>
    public static int Run(AioCall call)
    {
        ref SubmissionEntry entry = ref call.Request!.Entry;
        long done = call.Done;
        return (int)(entry.Opcode switch
        {
            Opcode.Read or Opcode.ReadFixed => Transfer(SystemCall.ReadVector, entry, done, 0),
            Opcode.Write or Opcode.WriteFixed => Transfer(SystemCall.WriteVector, entry, done, 0),
            Opcode.Readv or Opcode.ReadvFixed => TransferVector(SystemCall.ReadVector, entry, done, 0),
            Opcode.Writev or Opcode.WritevFixed => TransferVector(SystemCall.WriteVector, entry, done, 0),
            _ => Simple(entry),
        });
    }

    /// <summary>Reads or writes what is left of a request's one block. ESPIPE means that the descriptor has no offsets: io_uring takes any there.</summary>
    public static long Transfer(long number, in SubmissionEntry entry, long done, int moreFlags)
    {
        Piece piece = new() { Address = entry.Address + (ulong)done, Length = entry.Length - (ulong)done };
        return OnPieces(number, entry, &piece, 1, done, moreFlags);
    }

    /// <summary>Reads or writes what is left of a request's vector.</summary>
    public static long TransferVector(long number, in SubmissionEntry entry, long done, int moreFlags)
    {
        if (done == 0)
        {
            return OnPieces(number, entry, (Piece*)entry.Address, entry.Length, 0, moreFlags);
        }

        if (entry.Length > Libc.IOV_MAX)
        {
            return -Errno.EINVAL;
        }

        Piece* rest = stackalloc Piece[(int)entry.Length];
        if (!UserMemory.TryRead(rest, entry.Address, (int)entry.Length * sizeof(Piece)))
        {
            return -Errno.EFAULT;
        }

        uint count = entry.Length;
        Skip(ref rest, ref count, (ulong)done);
        return count == 0 ? 0 : OnPieces(number, entry, rest, count, done, moreFlags);
    }

    /// <summary>Takes off a vector what was moved already.</summary>
    public static void Skip(ref Piece* rest, ref uint count, ulong done)
    {
        while (count != 0 && done >= rest->Length)
        {
            done -= rest->Length;
            rest++;
            count--;
        }

        if (count != 0)
        {
            rest->Address += done;
            rest->Length -= done;
        }
    }

    /// <summary>Makes a call that needs no more than its arguments.</summary>
    public static long Simple(in SubmissionEntry entry)
    {
        long fd = entry.Fd;
        long address = (long)entry.Address;
        long second = (long)entry.Address2;
        long offset = (long)entry.Offset;
        long length = entry.Length;
        long flags = entry.OperationFlags;
        return entry.Opcode switch
        {
            Opcode.Fsync => SystemCall.Run((flags & IoUringAbi.IORING_FSYNC_DATASYNC) != 0 ? SystemCall.SyncData : SystemCall.Sync, fd),
            Opcode.SyncFileRange => SystemCall.Run(SystemCall.SyncRange, fd, offset, length, flags),
            Opcode.Fallocate => SystemCall.Run(SystemCall.Allocate, fd, length, offset, address),
            Opcode.Ftruncate => SystemCall.Run(SystemCall.Truncate, fd, offset),
            Opcode.Openat => SystemCall.Run(SystemCall.Open, fd, address, flags, length),
            Opcode.Openat2 => SystemCall.Run(SystemCall.OpenHow, fd, address, second, length),
            Opcode.Close => Close(entry),
            Opcode.Statx => SystemCall.Run(SystemCall.Status, fd, address, flags, length, second),
            Opcode.Fadvise => SystemCall.Run(SystemCall.Advise, fd, offset, address != 0 ? address : length, flags),
            Opcode.Madvise => SystemCall.Run(SystemCall.AdviseMemory, address, offset != 0 ? offset : length, flags),
            Opcode.Unlinkat => SystemCall.Run(SystemCall.Unlink, fd, address, flags),
            Opcode.Renameat => SystemCall.Run(SystemCall.Rename, fd, address, (int)entry.Length, second, flags),
            Opcode.Mkdirat => SystemCall.Run(SystemCall.MakeDirectory, fd, address, length),
            Opcode.Symlinkat => SystemCall.Run(SystemCall.MakeSymbolicLink, address, fd, second),
            Opcode.Linkat => SystemCall.Run(SystemCall.MakeLink, fd, address, (int)entry.Length, second, flags),
            Opcode.Socket => SystemCall.Run(SystemCall.MakeSocket, fd, offset, length),
            Opcode.Bind => SystemCall.Run(SystemCall.Bind, fd, address, offset),
            Opcode.Listen => SystemCall.Run(SystemCall.Listen, fd, length),
            Opcode.Shutdown => SystemCall.Run(SystemCall.Shutdown, fd, length),
            Opcode.Pipe => SystemCall.Run(SystemCall.MakePipe, address, flags),
            Opcode.EpollCtl => SystemCall.Run(SystemCall.EpollControl, fd, length, offset, address),
            Opcode.Connect => SystemCall.Run(SystemCall.Connect, fd, address, offset),
            Opcode.Accept => SystemCall.Run(SystemCall.Accept, fd, address, second, flags),
            Opcode.Fsetxattr => SystemCall.Run(SystemCall.SetFileAttribute, fd, address, second, length, flags),
            Opcode.Setxattr => SystemCall.Run(SystemCall.SetAttribute, (long)entry.Address3, address, second, length, flags),
            Opcode.Fgetxattr => SystemCall.Run(SystemCall.GetFileAttribute, fd, address, second, length),
            Opcode.Getxattr => SystemCall.Run(SystemCall.GetAttribute, (long)entry.Address3, address, second, length),
            Opcode.Splice => Splice(entry),
            Opcode.Tee => SystemCall.Run(SystemCall.Tee, entry.SpliceFd, fd, length, flags),
            Opcode.Waitid => SystemCall.Run(SystemCall.WaitChild, length, fd, second, (int)entry.FileIndex),
            Opcode.UringCmd => Command(entry),
            Opcode.FutexWait => Futex(entry, wake: false),
            Opcode.FutexWake => Futex(entry, wake: true),
            _ => -Errno.EINVAL,
        };
    }

    private static long OnPieces(long number, in SubmissionEntry entry, Piece* pieces, uint count, long done, int moreFlags)
    {
        long offset = (long)entry.Offset;
        long position = offset < 0 ? -1 : offset + done;
        long flags = (int)entry.OperationFlags | moreFlags;
        long result = SystemCall.Run(number, entry.Fd, (long)pieces, count, position, 0, flags);
        return result == -Errno.ESPIPE && position >= 0 ? SystemCall.Run(number, entry.Fd, (long)pieces, count, -1, -1, flags) : result;
    }

    private static long Close(in SubmissionEntry entry)
    {
        long result = SystemCall.Run(SystemCall.CloseDescriptor, entry.Fd);
        return result == -Errno.EINTR ? 0 : result; // The number is free, whatever interrupted the rest: to close it again could close another's.
    }

    private static long Splice(in SubmissionEntry entry)
    {
        long source = (long)entry.Address;
        long target = (long)entry.Offset;
        return SystemCall.Run(SystemCall.Splice, entry.SpliceFd, source == -1 ? 0 : (long)&source, entry.Fd, target == -1 ? 0 : (long)&target, entry.Length, entry.OperationFlags);
    }

    /// <summary>What io_uring knows of a socket's commands, with its limits: see <c>io_uring_prep_cmd_sock(3)</c>.</summary>
    private static long Command(in SubmissionEntry entry)
    {
        const int SocketLevel = 1; // SOL_SOCKET
        const int InputBytes = 0x541B; // SIOCINQ
        const int OutputBytes = 0x5411; // SIOCOUTQ
        int level = (int)entry.Address;
        int option = (int)(entry.Address >> 32);
        int value = (int)entry.FileIndex;
        int type = 0;
        int typeBytes = sizeof(int);
        long result = SystemCall.Run(SystemCall.SocketOption, entry.Fd, SocketLevel, SO_TYPE, (long)&type, (long)&typeBytes);
        switch ((uint)entry.Offset)
        {
            case var _ when result < 0:
                return result == -Errno.ENOTSOCK ? -Errno.EOPNOTSUPP : result; // io_uring has no command for such a file.
            case IoUringAbi.SOCKET_URING_OP_SIOCINQ or IoUringAbi.SOCKET_URING_OP_SIOCOUTQ:
                result = SystemCall.Run(SystemCall.DeviceControl, entry.Fd, (uint)entry.Offset == IoUringAbi.SOCKET_URING_OP_SIOCINQ ? InputBytes : OutputBytes, (long)&value);
                return result < 0 ? result : value;
            case IoUringAbi.SOCKET_URING_OP_GETSOCKOPT when level != SocketLevel:
                return -Errno.EOPNOTSUPP;
            case IoUringAbi.SOCKET_URING_OP_GETSOCKOPT:
                result = SystemCall.Run(SystemCall.SocketOption, entry.Fd, level, option, (long)entry.Address3, (long)&value);
                return result < 0 ? result : value;
            case IoUringAbi.SOCKET_URING_OP_SETSOCKOPT:
                return SystemCall.Run(SystemCall.SetSocketOption, entry.Fd, level, option, (long)entry.Address3, value);
            default:
                return -Errno.EOPNOTSUPP;
        }
    }

    private static long Futex(in SubmissionEntry entry, bool wake)
    {
        // The entry has the newer interface's flags in the place of a descriptor: the size of the word, and whether it is the process's own.
        uint flags = (uint)entry.Fd;
        if ((flags & ~IoUringAbi.FUTEX2_PRIVATE) != IoUringAbi.FUTEX2_SIZE_U32 || entry.Address3 is 0 or > uint.MaxValue)
        {
            return -Errno.EINVAL;
        }

        int operation = wake ? FutexWakeBits : FutexWaitBits;
        if ((flags & IoUringAbi.FUTEX2_PRIVATE) == 0)
        {
            operation &= ~128;
        }

        return SystemCall.Run(SystemCall.Futex, (long)entry.Address, operation, (long)Math.Min(entry.Offset, wake ? int.MaxValue : uint.MaxValue), 0, 0, (long)entry.Address3);
    }
}
