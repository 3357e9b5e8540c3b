using System.Runtime.InteropServices;

namespace Dispatch.Testing;

/// <summary>What the requests of a simulated ring do, by their opcodes: prepared when they begin, done as often as it takes, and what was lent given back at the end.</summary>
internal sealed unsafe class SimulatedWork(SimulatedRing ring)
{
    private readonly SimulatedKernel kernel = ring.Kernel;
    private readonly SocketWork sockets = new(ring);

    /// <summary>Gets how many opcodes there are.</summary>
    public static int SupportedCount { get; } = Enum.GetValues<Opcode>().Count(Supports);

    /// <summary>Says whether requests of this kind can be made.</summary>
    public static bool Supports(Opcode opcode) => opcode is Opcode.Nop or Opcode.Timeout or Opcode.TimeoutRemove or Opcode.LinkTimeout or Opcode.AsyncCancel or Opcode.PollRemove or Opcode.MsgRing
        or Opcode.Read or Opcode.Readv or Opcode.ReadFixed or Opcode.Write or Opcode.Writev or Opcode.WriteFixed or Opcode.Fsync or Opcode.Fallocate or Opcode.Ftruncate or Opcode.Fadvise or Opcode.Madvise
        or Opcode.Openat or Opcode.Close or Opcode.Statx or Opcode.Unlinkat or Opcode.Renameat or Opcode.Mkdirat or Opcode.Symlinkat or Opcode.Linkat
        or Opcode.Socket or Opcode.Bind or Opcode.Listen or Opcode.Accept or Opcode.Connect or Opcode.Send or Opcode.SendZc or Opcode.Sendmsg or Opcode.Recv or Opcode.Recvmsg or Opcode.Shutdown
        or Opcode.PollAdd or Opcode.FutexWait or Opcode.FutexWake or Opcode.SyncFileRange or Opcode.Pipe;

    /// <summary>Finds what a request works on, and takes the memory that is lent with it. Returns a negative errno when one of them is wrong.</summary>
    public int Prepare(RingWork work)
    {
        ref SubmissionEntry entry = ref work.Request.Entry;
        if (UsesDescriptor(entry.Opcode))
        {
            if (kernel.Descriptors.Find(entry.Fd) is not { } target)
            {
                return -Errno.EBADF;
            }

            target.AddReference();
            work.Target = target;
        }

        int error = TakeMemory(work, ref entry);
        if (error == 0 && work.Memory.Length != 0 && kernel.Options.WatchMemory)
        {
            work.Memory.Lend(output: !Writes(entry.Opcode));
        }

        return error;
    }

    /// <summary>Does it, or as much of it as can be done now. Returns its result, or <see cref="Outcome.WouldBlock"/>.</summary>
    public int Run(RingWork work)
    {
        if (kernel.Options.WatchMemory)
        {
            Watch(work, work.Done);
        }

        ref SubmissionEntry entry = ref work.Request.Entry;
        return entry.Opcode switch
        {
            Opcode.Read or Opcode.Readv or Opcode.ReadFixed => FileWork.Read(work),
            Opcode.Write or Opcode.Writev or Opcode.WriteFixed => FileWork.Write(work),
            Opcode.Fsync => work.Target is FileDescription file ? file.Sync() : -Errno.EINVAL,
            Opcode.Fallocate => work.Target is FileDescription file ? file.Allocate((long)entry.Offset, (long)entry.Address, (FileAllocationMode)entry.Length) : -Errno.ESPIPE,
            Opcode.Ftruncate => work.Target is FileDescription file ? file.SetLength((long)entry.Offset) : -Errno.EINVAL,
            Opcode.Fadvise => work.Target is FileDescription file ? file.Advise((FileAdvice)entry.OperationFlags, (long)entry.Offset, entry.Length) : -Errno.ESPIPE,
            Opcode.Madvise => 0,
            Opcode.SyncFileRange => work.Target is not FileDescription ? -Errno.ESPIPE : entry.OperationFlags <= 7 && (long)entry.Offset >= 0 ? 0 : -Errno.EINVAL, // It promises nothing that a crash would show.
            Opcode.Pipe => MakePipe(entry),
            Opcode.Close => kernel.Descriptors.Close(entry.Fd),
            Opcode.Accept => sockets.Accept(work),
            Opcode.Connect => SocketWork.Connect(work),
            Opcode.Send or Opcode.SendZc or Opcode.Sendmsg => SocketWork.Send(work),
            Opcode.Recv or Opcode.Recvmsg => work.IsMultishot ? sockets.ReceiveMany(work) : sockets.Receive(work),
            Opcode.Shutdown => work.Target is SocketDescription socket ? socket.Shutdown((int)entry.Length) : -Errno.ENOTSOCK,
            Opcode.Socket => kernel.Calls.MakeSocket(entry.Fd, (int)entry.Offset),
            Opcode.Bind => work.Target is SocketDescription socket ? socket.Bind(new ReadOnlySpan<byte>((void*)entry.Address, (int)entry.Offset)) : -Errno.ENOTSOCK,
            Opcode.Listen => work.Target is StreamSocket socket ? socket.Listen((int)entry.Length) : -Errno.ENOTSOCK,
            Opcode.PollAdd => Poll(work),
            Opcode.FutexWait => kernel.Futexes.Wait(work, entry.Address, (uint)entry.Offset),
            Opcode.FutexWake => kernel.Futexes.Wake(entry.Address, entry.Offset),
            _ => RunOnPath(entry),
        };
    }

    /// <summary>Gives back what was lent.</summary>
    public void Return(RingWork work, int result)
    {
        if (work.Memory.Length == 0)
        {
            return;
        }

        int written = work.Request.Opcode is Opcode.Statx or Opcode.Pipe && result == 0 ? work.Memory.Length : Math.Max(Math.Max(result, work.Done), 0);
        if (kernel.Options.WatchMemory)
        {
            Watch(work, written);
        }

        work.Memory.Return(written);
    }

    private static bool Writes(Opcode opcode) => opcode is Opcode.Write or Opcode.Writev or Opcode.WriteFixed or Opcode.Send or Opcode.SendZc or Opcode.Sendmsg;

    private static bool UsesDescriptor(Opcode opcode) => opcode
        is not (Opcode.Madvise or Opcode.Openat or Opcode.Close or Opcode.Statx or Opcode.Unlinkat or Opcode.Renameat or Opcode.Mkdirat or Opcode.Symlinkat or Opcode.Linkat
            or Opcode.Socket or Opcode.FutexWait or Opcode.FutexWake or Opcode.Pipe);

    private static string? PathAt(ulong address) => address < 65_536 ? null : Marshal.PtrToStringUTF8((nint)address);

    private int MakePipe(in SubmissionEntry entry)
    {
        int* ends = (int*)entry.Address;
        (ends[0], ends[1]) = kernel.CreatePipe();
        return 0;
    }

    private int TakeMemory(RingWork work, ref SubmissionEntry entry)
    {
        switch (entry.Opcode)
        {
            case Opcode.Send or Opcode.SendZc when entry.Address2 != 0:
                int refused = MessageWork.TakeDestination(work, entry.Address2, entry.FileIndex & 0xffff);
                return refused != 0 ? refused : work.Memory.TryAdd(entry.Address, entry.Length) ? 0 : -Errno.EFAULT;
            case Opcode.Sendmsg or Opcode.Recvmsg:
                return MessageWork.Take(work);
            case Opcode.Read or Opcode.Write or Opcode.Send or Opcode.SendZc:
            case Opcode.Recv when !work.Request.SelectsBuffer:
                return work.Memory.TryAdd(entry.Address, entry.Length) ? 0 : -Errno.EFAULT;
            case Opcode.ReadFixed or Opcode.WriteFixed:
                int error = ring.CheckRegistered(work);
                return error != 0 ? error : work.Memory.TryAdd(entry.Address, entry.Length) ? 0 : -Errno.EFAULT;
            case Opcode.Pipe:
                return work.Memory.TryAdd(entry.Address, 2 * sizeof(int)) ? 0 : -Errno.EFAULT;
            case Opcode.Statx:
                return work.Memory.TryAdd(entry.Address2, FileStatus.RecordBytes) ? 0 : -Errno.EFAULT;
            case Opcode.Readv or Opcode.Writev:
                if (entry.Length > Libc.IOV_MAX)
                {
                    return -Errno.EINVAL;
                }

                return work.Memory.TryAddVector(entry.Address, entry.Length) ? 0 : -Errno.EFAULT;
            default:
                return 0;
        }
    }

    private int RunOnPath(in SubmissionEntry entry)
    {
        string? path = PathAt(entry.Address);
        if (path is null)
        {
            return -Errno.EFAULT;
        }

        PathCalls calls = kernel.Paths;
        switch (entry.Opcode)
        {
            case Opcode.Openat:
                return kernel.IsCrashing ? -Errno.EIO : calls.Open(entry.Fd, path, (int)entry.OperationFlags, (int)entry.Length);
            case Opcode.Statx:
                Span<byte> record = stackalloc byte[FileStatus.RecordBytes];
                int result = calls.Status(entry.Fd, path, (entry.OperationFlags & Libc.AT_SYMLINK_NOFOLLOW) == 0, (entry.OperationFlags & Libc.AT_EMPTY_PATH) != 0, record);
                if (result == 0)
                {
                    record.CopyTo(new Span<byte>((void*)entry.Address2, record.Length));
                }

                return result;
            case Opcode.Unlinkat:
                return calls.Unlink(entry.Fd, path, (entry.OperationFlags & Libc.AT_REMOVEDIR) != 0);
            case Opcode.Mkdirat:
                return calls.MakeDirectory(entry.Fd, path, (int)entry.Length);
        }

        if (PathAt(entry.Address2) is not { } second)
        {
            return -Errno.EFAULT;
        }

        return entry.Opcode switch
        {
            Opcode.Renameat => calls.Rename(entry.Fd, path, (int)entry.Length, second, (RenameFlags)entry.OperationFlags),
            Opcode.Symlinkat => calls.MakeSymbolicLink(path, entry.Fd, second),
            _ => calls.MakeLink(entry.Fd, path, (int)entry.Length, second),
        };
    }

    private int Poll(RingWork work)
    {
        PollEvents wanted = (PollEvents)work.Request.Entry.OperationFlags | PollEvents.Error | PollEvents.HangUp;
        PollEvents found = work.Target!.Readiness & wanted;
        if (found == 0)
        {
            return Outcome.WouldBlock;
        }

        if (!work.IsMultishot || work.IsStopping)
        {
            return (int)found;
        }

        return ring.Report(work, (int)found) ? Outcome.WouldBlock : 0;
    }

    private void Watch(RingWork work, int written)
    {
        int at = work.Memory.FindChange(written);
        if (at >= 0)
        {
            SubmissionEntry entry = work.Request.Entry;
            string what = Writes(entry.Opcode) ? "sent or written from" : "read or received into";
            kernel.Violate($"Memory was changed at byte {at} of {work.Memory.Length} while it was lent to the kernel to be {what}: {OpcodeNames.Of(entry.Opcode)} on descriptor {entry.Fd - DescriptorTable.Base}, tag {entry.UserData & 0xffffffff:x}. "
                + "It belongs to the kernel until the request's terminal completion.");
        }
    }
}
