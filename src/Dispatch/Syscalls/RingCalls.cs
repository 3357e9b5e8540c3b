namespace Dispatch;

/// <summary>
/// System calls as operations of the ring, where it has one that means the same: the same arguments in other places. What does not fit (a length beyond 32 bits, an argument that the operation has no place for) is left to a worker.
/// </summary>
internal static class RingCalls
{
    private const long CurrentDirectory = -100; // AT_FDCWD
    private const uint RemoveDirectory = 0x200; // AT_REMOVEDIR

    /// <summary>Turns a call into an entry for the ring. False when a worker has to make it.</summary>
    public static bool TryTranslate(in CallEntry call, KernelRing ring, out SubmissionEntry entry)
    {
        entry = default;
        if (!SystemCallTable.TryFind(call.Number, out SystemCallFacts facts) || facts.Form == RingForm.None || !TryArrange(facts.Form, call, ref entry) || !ring.Supports(entry.Opcode))
        {
            return false;
        }

        entry.Flags |= call.Flags;
        return true;
    }

    private static bool TryArrange(RingForm form, in CallEntry call, ref SubmissionEntry entry)
    {
        switch (form)
        {
            case RingForm.Read:
                return Transfer(Opcode.Read, call, -1, 0, ref entry);
            case RingForm.Write:
                return Transfer(Opcode.Write, call, -1, 0, ref entry);
            case RingForm.Pread64:
                return call.A3 >= 0 && Transfer(Opcode.Read, call, call.A3, 0, ref entry); // A negative offset is an error there, and means the file's own position here.
            case RingForm.Pwrite64:
                return call.A3 >= 0 && Transfer(Opcode.Write, call, call.A3, 0, ref entry);
            case RingForm.Readv:
                return Transfer(Opcode.Readv, call, -1, 0, ref entry);
            case RingForm.Writev:
                return Transfer(Opcode.Writev, call, -1, 0, ref entry);
            case RingForm.Preadv:
                return call.A3 >= 0 && Transfer(Opcode.Readv, call, call.A3, 0, ref entry);
            case RingForm.Pwritev:
                return call.A3 >= 0 && Transfer(Opcode.Writev, call, call.A3, 0, ref entry);
            case RingForm.Preadv2:
                return call.A3 >= -1 && Transfer(Opcode.Readv, call, call.A3, call.A5, ref entry);
            case RingForm.Pwritev2:
                return call.A3 >= -1 && Transfer(Opcode.Writev, call, call.A3, call.A5, ref entry);
            case RingForm.Fsync:
                return On(Opcode.Fsync, call.A0, ref entry);
            case RingForm.Fdatasync:
                entry.OperationFlags = IoUringAbi.IORING_FSYNC_DATASYNC;
                return On(Opcode.Fsync, call.A0, ref entry);
            case RingForm.SyncFileRange:
                entry.Offset = (ulong)call.A1;
                entry.OperationFlags = (uint)call.A3;
                return Length(call.A2, ref entry) && On(Opcode.SyncFileRange, call.A0, ref entry);
            case RingForm.Fallocate:
                entry.Length = (uint)call.A1;
                entry.Offset = (ulong)call.A2;
                entry.Address = (ulong)call.A3;
                return On(Opcode.Fallocate, call.A0, ref entry);
            case RingForm.Ftruncate:
                entry.Offset = (ulong)call.A1;
                return call.A1 >= 0 && On(Opcode.Ftruncate, call.A0, ref entry);
            case RingForm.Fadvise64:
                entry.Offset = (ulong)call.A1;
                entry.OperationFlags = (uint)call.A3;
                return Length(call.A2, ref entry) && On(Opcode.Fadvise, call.A0, ref entry);
            case RingForm.Madvise:
                entry.Address = (ulong)call.A0;
                entry.OperationFlags = (uint)call.A2;
                return Length(call.A1, ref entry) && On(Opcode.Madvise, -1, ref entry);
            case RingForm.Close:
                return On(Opcode.Close, call.A0, ref entry);
            case RingForm.Statx:
                entry.OperationFlags = (uint)call.A2;
                entry.Length = (uint)call.A3;
                return Paths(Opcode.Statx, call.A0, call.A1, call.A4, ref entry);
            default:
                return TryArrangeSocket(form, call, ref entry) || TryArrangePath(form, call, ref entry) || TryArrangeRest(form, call, ref entry);
        }
    }

    private static bool TryArrangeSocket(RingForm form, in CallEntry call, ref SubmissionEntry entry)
    {
        entry.Address = (ulong)call.A1;
        switch (form)
        {
            case RingForm.Accept:
                entry.Address2 = (ulong)call.A2;
                return On(Opcode.Accept, call.A0, ref entry);
            case RingForm.Accept4:
                entry.Address2 = (ulong)call.A2;
                entry.OperationFlags = (uint)call.A3;
                return On(Opcode.Accept, call.A0, ref entry);
            case RingForm.Connect:
                entry.Offset = (uint)call.A2;
                return On(Opcode.Connect, call.A0, ref entry);
            case RingForm.Bind:
                entry.Offset = (uint)call.A2;
                return On(Opcode.Bind, call.A0, ref entry);
            case RingForm.Sendto:
                entry.OperationFlags = (uint)call.A3;
                return call.A4 == 0 && Length(call.A2, ref entry) && On(Opcode.Send, call.A0, ref entry);
            case RingForm.Recvfrom:
                entry.OperationFlags = (uint)call.A3;
                return call.A4 == 0 && Length(call.A2, ref entry) && On(Opcode.Recv, call.A0, ref entry);
            case RingForm.Sendmsg or RingForm.Recvmsg:
                entry.Length = 1;
                entry.OperationFlags = (uint)call.A2;
                return On(form == RingForm.Sendmsg ? Opcode.Sendmsg : Opcode.Recvmsg, call.A0, ref entry);
        }

        entry = default;
        switch (form)
        {
            case RingForm.Shutdown:
                entry.Length = (uint)call.A1;
                return On(Opcode.Shutdown, call.A0, ref entry);
            case RingForm.Listen:
                entry.Length = (uint)call.A1;
                return On(Opcode.Listen, call.A0, ref entry);
            case RingForm.Socket:
                entry.Offset = (uint)call.A1;
                entry.Length = (uint)call.A2;
                return On(Opcode.Socket, call.A0, ref entry);
            default:
                return false;
        }
    }

    private static bool TryArrangePath(RingForm form, in CallEntry call, ref SubmissionEntry entry)
    {
        entry = default;
        switch (form)
        {
            case RingForm.Unlinkat:
                entry.OperationFlags = (uint)call.A2;
                return Paths(Opcode.Unlinkat, call.A0, call.A1, 0, ref entry);
            case RingForm.Unlink:
                return Paths(Opcode.Unlinkat, CurrentDirectory, call.A0, 0, ref entry);
            case RingForm.Rmdir:
                entry.OperationFlags = RemoveDirectory;
                return Paths(Opcode.Unlinkat, CurrentDirectory, call.A0, 0, ref entry);
            case RingForm.Renameat or RingForm.Renameat2:
                entry.Length = (uint)call.A2;
                entry.OperationFlags = form == RingForm.Renameat2 ? (uint)call.A4 : 0;
                return Paths(Opcode.Renameat, call.A0, call.A1, call.A3, ref entry);
            case RingForm.Rename:
                entry.Length = unchecked((uint)CurrentDirectory);
                return Paths(Opcode.Renameat, CurrentDirectory, call.A0, call.A1, ref entry);
            case RingForm.Mkdirat:
                entry.Length = (uint)call.A2;
                return Paths(Opcode.Mkdirat, call.A0, call.A1, 0, ref entry);
            case RingForm.Mkdir:
                entry.Length = (uint)call.A1;
                return Paths(Opcode.Mkdirat, CurrentDirectory, call.A0, 0, ref entry);
            case RingForm.Symlinkat:
                return Paths(Opcode.Symlinkat, call.A1, call.A0, call.A2, ref entry);
            case RingForm.Symlink:
                return Paths(Opcode.Symlinkat, CurrentDirectory, call.A0, call.A1, ref entry);
            case RingForm.Linkat:
                entry.Length = (uint)call.A2;
                entry.OperationFlags = (uint)call.A4;
                return Paths(Opcode.Linkat, call.A0, call.A1, call.A3, ref entry);
            case RingForm.Link:
                entry.Length = unchecked((uint)CurrentDirectory);
                return Paths(Opcode.Linkat, CurrentDirectory, call.A0, call.A1, ref entry);
            default:
                return false;
        }
    }

    private static bool TryArrangeRest(RingForm form, in CallEntry call, ref SubmissionEntry entry)
    {
        entry = default;
        switch (form)
        {
            case RingForm.Setxattr or RingForm.Getxattr:
                entry.Address3 = (ulong)call.A0;
                entry.OperationFlags = (uint)call.A4;
                return Length(call.A3, ref entry) && Paths(form == RingForm.Setxattr ? Opcode.Setxattr : Opcode.Getxattr, -1, call.A1, call.A2, ref entry);
            case RingForm.Fsetxattr or RingForm.Fgetxattr:
                entry.OperationFlags = (uint)call.A4;
                return Length(call.A3, ref entry) && Paths(form == RingForm.Fsetxattr ? Opcode.Fsetxattr : Opcode.Fgetxattr, call.A0, call.A1, call.A2, ref entry);
            case RingForm.EpollCtl:
                entry.Length = (uint)call.A1;
                entry.Offset = (uint)call.A2;
                entry.Address = (ulong)call.A3;
                return On(Opcode.EpollCtl, call.A0, ref entry);
            case RingForm.Waitid:
                entry.Length = (uint)call.A0;
                entry.Address2 = (ulong)call.A2;
                entry.FileIndex = (uint)call.A3;
                return call.A4 == 0 && On(Opcode.Waitid, call.A1, ref entry);
            case RingForm.FutexWait:
                entry.Address = (ulong)call.A0;
                entry.Offset = (ulong)call.A1;
                entry.Address3 = (ulong)call.A2;
                return call.A4 == 0 && On(Opcode.FutexWait, call.A3, ref entry);
            case RingForm.FutexWake:
                entry.Address = (ulong)call.A0;
                entry.Address3 = (ulong)call.A1;
                entry.Offset = (ulong)call.A2;
                return On(Opcode.FutexWake, call.A3, ref entry);
            case RingForm.Pipe2:
                entry.Address = (ulong)call.A0;
                entry.OperationFlags = (uint)call.A1;
                return On(Opcode.Pipe, -1, ref entry);
            default:
                return false;
        }
    }

    private static bool Transfer(Opcode opcode, in CallEntry call, long offset, long flags, ref SubmissionEntry entry)
    {
        entry.Address = (ulong)call.A1;
        entry.Offset = (ulong)offset;
        entry.OperationFlags = (uint)flags;
        return Length(call.A2, ref entry) && On(opcode, call.A0, ref entry);
    }

    private static bool Paths(Opcode opcode, long directory, long path, long second, ref SubmissionEntry entry)
    {
        entry.Address = (ulong)path;
        entry.Address2 = (ulong)second;
        return On(opcode, directory, ref entry);
    }

    private static bool Length(long length, ref SubmissionEntry entry)
    {
        entry.Length = (uint)length;
        return length is >= 0 and <= uint.MaxValue;
    }

    private static bool On(Opcode opcode, long descriptor, ref SubmissionEntry entry)
    {
        entry.Opcode = opcode;
        entry.Fd = (int)descriptor;
        return true;
    }
}
