using static Dispatch.AioAbi;

namespace Dispatch;

/// <summary>
/// Reads, writes and syncs. Direct ones go to the kernel's AIO; others are tried without waiting, which what lies in the page cache, a pipe or a socket answers at once, and then wait for readiness or go to a worker.
/// Owner thread only.
/// </summary>
internal sealed unsafe class FileRequests(LinuxAioRing ring)
{
    private const int SmallestSector = 512;

    /// <summary>What a transfer's request is told when the ring has closed: one that would have gone on to a worker has not been done.</summary>
    public static int ResultAtClose(EmulatedRequest request, int result) =>
        result is -Errno.EAGAIN or -Errno.EOPNOTSUPP && (request.Entry.OperationFlags & RWF_NOWAIT) == 0 ? -Errno.ECANCELED : result;

    /// <summary>Begins a read or a write.</summary>
    public void Begin(EmulatedRequest request)
    {
        int error = Prepare(request);
        int flags = error < 0 ? error : DescriptorFacts.StatusFlags(request.Entry.Fd);
        if (flags < 0)
        {
            ring.End(request, flags);
        }
        else if ((flags & O_DIRECT) != 0)
        {
            ring.Transfer(request);
        }
        else if (!IsRead(request.Entry.Opcode) && (request.Entry.OperationFlags & RWF_NOWAIT) == 0 && DescriptorFacts.IsOfDisk(request.Entry.Fd))
        {
            // Few file systems write without waiting; and what passes the size limit signals the thread that writes, of which a worker takes no notice.
            ring.RunOnWorker(request, waitsForOthers: false);
        }
        else
        {
            Try(request);
        }
    }

    /// <summary>Fills the control block of a transfer.</summary>
    public void Fill(EmulatedRequest request, Iocb* block)
    {
        ref SubmissionEntry entry = ref request.Entry;
        block->Descriptor = (uint)entry.Fd;
        if (entry.Opcode == Opcode.Fsync)
        {
            block->Opcode = (entry.OperationFlags & IoUringAbi.IORING_FSYNC_DATASYNC) != 0 ? IOCB_CMD_FDSYNC : IOCB_CMD_FSYNC;
            return;
        }

        block->Opcode = entry.Opcode switch
        {
            Opcode.Read or Opcode.ReadFixed => IOCB_CMD_PREAD,
            Opcode.Write or Opcode.WriteFixed => IOCB_CMD_PWRITE,
            Opcode.Readv or Opcode.ReadvFixed => IOCB_CMD_PREADV,
            _ => IOCB_CMD_PWRITEV,
        };
        block->Buffer = entry.Address;
        block->Bytes = entry.Length;
        block->Offset = (long)entry.Offset;

        // Without this the submit itself may wait, for an extent or a free request of the device; what would have waited goes to a worker.
        block->ReadWriteFlags = (int)entry.OperationFlags | RWF_NOWAIT;
        if (entry.IoPriority != 0)
        {
            block->Flags = IOCB_FLAG_IOPRIO;
            block->Priority = (short)entry.IoPriority;
        }
    }

    /// <summary>A transfer has ended in the kernel, or was refused by it.</summary>
    public void OnTransferred(EmulatedRequest request, int result)
    {
        ref SubmissionEntry entry = ref request.Entry;
        if (entry.Opcode == Opcode.Fsync || (entry.OperationFlags & RWF_NOWAIT) != 0)
        {
            ring.End(request, result);
        }
        else if (result is -Errno.EAGAIN or -Errno.EOPNOTSUPP)
        {
            if (DescriptorFacts.IsOfDisk(entry.Fd))
            {
                ring.RunOnWorker(request, waitsForOthers: false);
            }
            else
            {
                Try(request); // A pipe of packets, which shares the flag.
            }
        }
        else if (result > 0 && result < request.Expected && result % SmallestSector == 0)
        {
            // At the end of the file, or where it would have had to wait: the next read, or write, tells.
            request.Number = result;
            ring.RunOnWorker(request, waitsForOthers: false);
        }
        else
        {
            ring.End(request, result);
        }
    }

    /// <summary>The descriptor of a read or write is ready.</summary>
    public void Continue(EmulatedRequest request)
    {
        if (request.Number != 0)
        {
            request.Number = 0;
            ring.RunOnWorker(request, waitsForOthers: true);
        }
        else
        {
            Try(request);
        }
    }

    private static bool IsRead(Opcode opcode) => opcode is Opcode.Read or Opcode.Readv or Opcode.ReadFixed or Opcode.ReadvFixed;

    private static bool IsVector(Opcode opcode) => opcode is Opcode.Readv or Opcode.Writev or Opcode.ReadvFixed or Opcode.WritevFixed;

    /// <summary>A file's read that brought fewer bytes has met its end, or what would have had to be waited for: the next call tells.</summary>
    private static bool IsToGoOn(EmulatedRequest request, long result)
    {
        bool more = result > 0 && request.Number + result < request.Expected && (request.Entry.OperationFlags & RWF_NOWAIT) == 0 && DescriptorFacts.IsOfDisk(request.Entry.Fd);
        if (more)
        {
            request.Number += result;
        }

        return more;
    }

    private int Prepare(EmulatedRequest request)
    {
        ref SubmissionEntry entry = ref request.Entry;
        if (request.SelectsBuffer)
        {
            return -Errno.EINVAL; // Only receives take provided buffers here.
        }

        if (entry.Opcode is Opcode.ReadFixed or Opcode.WriteFixed)
        {
            return ring.CheckFixed(request);
        }

        if (!IsVector(entry.Opcode))
        {
            return 0;
        }

        if (entry.Length > Libc.IOV_MAX)
        {
            return -Errno.EINVAL;
        }

        Piece* pieces = stackalloc Piece[(int)entry.Length];
        if (!UserMemory.TryRead(pieces, entry.Address, (int)entry.Length * sizeof(Piece)))
        {
            return -Errno.EFAULT;
        }

        long total = 0;
        for (uint i = 0; i < entry.Length; i++)
        {
            total += (long)pieces[i].Length;
            if (entry.Opcode is Opcode.ReadvFixed or Opcode.WritevFixed && ring.CheckFixed(request, pieces[i].Address, pieces[i].Length) is var error && error < 0)
            {
                return error;
            }
        }

        request.Expected = total;
        return 0;
    }

    private void Try(EmulatedRequest request)
    {
        ref SubmissionEntry entry = ref request.Entry;
        bool reads = IsRead(entry.Opcode);
        long number = reads ? SystemCall.ReadVector : SystemCall.WriteVector;
        long result;
        do
        {
            result = IsVector(entry.Opcode)
                ? WorkerCalls.TransferVector(number, entry, request.Number, RWF_NOWAIT)
                : WorkerCalls.Transfer(number, entry, request.Number, RWF_NOWAIT);
        }
        while (result == -Errno.EINTR || IsToGoOn(request, result));

        if ((entry.OperationFlags & RWF_NOWAIT) != 0 || (request.Number != 0 && result != -Errno.EAGAIN))
        {
            ring.End(request, WorkerCalls.Total(request.Number, (int)result)); // Without waiting is the user's own wish; or the end of the file.
        }
        else if (result is not (-Errno.EAGAIN or -Errno.EOPNOTSUPP))
        {
            ring.End(request, (int)result);
        }
        else if (request.Number != 0 || DescriptorFacts.IsOfDisk(entry.Fd))
        {
            ring.RunOnWorker(request, waitsForOthers: false);
        }
        else
        {
            // One that cannot be tried without waiting (a terminal, a timer) is read by a worker once it is ready: another reader may be faster, and the call would wait.
            request.Number = result == -Errno.EOPNOTSUPP ? 1 : 0;
            ring.WaitFor(request, reads ? POLLIN : POLLOUT);
        }
    }
}
