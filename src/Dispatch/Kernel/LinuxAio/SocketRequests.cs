using static Dispatch.AioAbi;
using static Dispatch.IoUringAbi;

namespace Dispatch;

/// <summary>Sends, receives, accepts and connects: the call first, without waiting; a poll only when the socket is not ready. Never changes a socket's own mode. Owner thread only.</summary>
internal sealed unsafe class SocketRequests(LinuxAioRing ring)
{
    private const int ItemsAtOnce = 32;
    private const int Stream = 1;
    private const int StreamHasEnded = POLLRDHUP | 0x8 | 0x10; // And POLLERR, POLLHUP.

    /// <summary>Begins a send.</summary>
    public void BeginSend(EmulatedRequest request)
    {
        int known = IORING_RECVSEND_POLL_FIRST | (IsZeroCopy(request.Opcode) ? IORING_SEND_ZC_REPORT_USAGE : 0);
        if ((request.Entry.IoPriority & ~known) != 0 || request.SelectsBuffer)
        {
            ring.End(request, -Errno.EINVAL);
        }
        else
        {
            ExpectAll(request);
            Send(request);
        }
    }

    /// <summary>Begins or continues a send.</summary>
    public void Send(EmulatedRequest request)
    {
        ref SubmissionEntry entry = ref request.Entry;
        uint flags = entry.OperationFlags;
        while (true)
        {
            long result = entry.Opcode is Opcode.Sendmsg or Opcode.SendmsgZc
                ? MessageCalls.Run(SystemCall.SendMessage, entry, request.Number, flags | MSG_DONTWAIT)
                : SystemCall.Run(SystemCall.Send, entry.Fd, (long)entry.Address + request.Number, entry.Length - request.Number, flags | MSG_DONTWAIT, (long)entry.Address2, entry.Address2 == 0 ? 0 : entry.FileIndex & 0xFFFF);
            if (result == -Errno.EINTR)
            {
                continue;
            }

            if (result == -Errno.EAGAIN && (flags & MSG_DONTWAIT) == 0)
            {
                ring.WaitFor(request, POLLOUT);
                return;
            }

            if (Continues(request, result))
            {
                continue;
            }

            EndSend(request, result);
            return;
        }
    }

    /// <summary>Begins a receive. A multishot's first, and any that says so, waits for data before it looks.</summary>
    public void BeginReceive(EmulatedRequest request)
    {
        ExpectAll(request);
        bool many = (request.Entry.IoPriority & IORING_RECV_MULTISHOT) != 0;
        if ((request.Entry.IoPriority & ~(IORING_RECVSEND_POLL_FIRST | IORING_RECV_MULTISHOT)) != 0 || (request.Opcode == Opcode.Recvmsg && request.SelectsBuffer && !many))
        {
            ring.End(request, -Errno.EINVAL); // A single message goes where its record says.
        }
        else if (many)
        {
            if (!request.SelectsBuffer || (request.Entry.OperationFlags & (uint)MessageFlags.WaitAll) != 0)
            {
                ring.End(request, -Errno.EINVAL);
                return;
            }

            BeginReceiveMany(request);
        }
        else if ((request.Entry.IoPriority & IORING_RECVSEND_POLL_FIRST) != 0)
        {
            ring.WaitFor(request, POLLIN);
        }
        else
        {
            Receive(request);
        }
    }

    /// <summary>Begins a multishot read.</summary>
    public void BeginReadMany(EmulatedRequest request)
    {
        if (!request.SelectsBuffer)
        {
            ring.End(request, -Errno.EINVAL);
        }
        else if (DescriptorFacts.IsOfDisk(request.Entry.Fd))
        {
            ring.End(request, -Errno.EBADFD); // Only what can be polled is read again and again.
        }
        else
        {
            BeginReceiveMany(request);
        }
    }

    /// <summary>Continues a receive whose socket is ready.</summary>
    public void ContinueReceive(EmulatedRequest request) => Receive(request);

    /// <summary>The socket of a multishot receive has changed.</summary>
    public void ReceiveMany(EmulatedRequest request, int mask)
    {
        ref SubmissionEntry entry = ref request.Entry;
        for (int items = 0; ; items++)
        {
            if (items == ItemsAtOnce)
            {
                ring.WatchAgain(request); // A busy socket does not keep the others waiting.
                return;
            }

            // The buffer first, as io_uring does: without one the receive ends, whether data waits or not.
            if (!ring.TrySelect(request, out ProvidedBuffer buffer))
            {
                ring.Conclude(request, -Errno.ENOBUFS);
                return;
            }

            uint length = entry.Length == 0 || entry.Opcode == Opcode.Recvmsg ? buffer.Length : Math.Min(entry.Length, buffer.Length);
            long result = ReceiveCalls.Into(entry, buffer.Address, length, out bool ends);
            if (result is -Errno.EINTR or -Errno.EAGAIN)
            {
                ring.GiveBack(request);
                if (result == -Errno.EAGAIN)
                {
                    return;
                }
            }
            else if (ends || !ring.Report(request, (int)result))
            {
                ring.Conclude(request, (int)result);
                return;
            }
            else if (result < length && (mask & StreamHasEnded) == 0 && request.Number == Stream)
            {
                return; // A stream that gave less than there was room for is empty, and its end not there yet: either will be a change.
            }
        }
    }

    /// <summary>The listener of a multishot accept has changed.</summary>
    public void AcceptMany(EmulatedRequest request)
    {
        ref SubmissionEntry entry = ref request.Entry;
        for (int items = 0; ; items++)
        {
            if (items == ItemsAtOnce)
            {
                ring.WatchAgain(request);
                return;
            }

            long result = AcceptOnce(entry);
            if (result == -Errno.EAGAIN && (entry.IoPriority & IORING_ACCEPT_DONTWAIT) == 0)
            {
                return;
            }

            if (result < 0 || !ring.Report(request, (int)result))
            {
                ring.Conclude(request, (int)result);
                return;
            }
        }
    }

    /// <summary>Begins an accept.</summary>
    public void BeginAccept(EmulatedRequest request)
    {
        ref SubmissionEntry entry = ref request.Entry;
        bool many = (entry.IoPriority & IORING_ACCEPT_MULTISHOT) != 0;
        if ((entry.IoPriority & ~(IORING_ACCEPT_MULTISHOT | IORING_ACCEPT_DONTWAIT | IORING_ACCEPT_POLL_FIRST)) != 0 || (many && entry.Address != 0))
        {
            ring.End(request, -Errno.EINVAL);
            return;
        }

        int flags = DescriptorFacts.StatusFlags(entry.Fd);
        if (flags < 0)
        {
            ring.End(request, flags);
        }
        else if ((flags & O_NONBLOCK) == 0)
        {
            // Somebody else may take the connection between the poll and the call, which would then wait for the next. So a worker makes it.
            request.Number = 1;
            ring.WaitFor(request, POLLIN);
        }
        else if (many)
        {
            BeginAcceptMany(request);
        }
        else if ((entry.IoPriority & IORING_ACCEPT_POLL_FIRST) != 0)
        {
            ring.WaitFor(request, POLLIN);
        }
        else
        {
            Accept(request);
        }
    }

    /// <summary>Continues an accept whose socket is ready.</summary>
    public void ContinueAccept(EmulatedRequest request)
    {
        if (request.Number != 0)
        {
            request.Number = 0; // A worker counts bytes from it.
            ring.RunOnWorker(request, waitsForOthers: true);
        }
        else
        {
            Accept(request);
        }
    }

    /// <summary>A worker has accepted, or not.</summary>
    public void OnAccepted(EmulatedRequest request, int result, bool cancelled)
    {
        if (result < 0 || (request.Entry.IoPriority & IORING_ACCEPT_MULTISHOT) == 0 || !ring.Report(request, result))
        {
            ring.End(request, result);
        }
        else if (cancelled)
        {
            ring.End(request, -Errno.ECANCELED); // It came too late for this one, and stands for the next.
        }
        else
        {
            request.Number = 1;
            ring.WaitFor(request, POLLIN);
        }
    }

    /// <summary>Begins a connect.</summary>
    public void BeginConnect(EmulatedRequest request)
    {
        ref SubmissionEntry entry = ref request.Entry;
        int flags = DescriptorFacts.StatusFlags(entry.Fd);
        if (flags < 0)
        {
            ring.End(request, flags);
            return;
        }

        if ((flags & O_NONBLOCK) == 0)
        {
            ring.RunOnWorker(request, waitsForOthers: true);
            return;
        }

        long result = SystemCall.Run(SystemCall.Connect, entry.Fd, (long)entry.Address, (long)entry.Offset);
        if (result is -Errno.EINPROGRESS or -Errno.EINTR)
        {
            ring.WaitFor(request, POLLOUT);
        }
        else
        {
            ring.End(request, (int)result);
        }
    }

    /// <summary>The socket of a connect is ready: connected, or refused.</summary>
    public void ContinueConnect(EmulatedRequest request) => ring.End(request, DescriptorFacts.TakeError(request.Entry.Fd));

    /// <summary>Says whether a transfer that was to move all has more to do.</summary>
    private static bool Continues(EmulatedRequest request, long result)
    {
        if (result <= 0 || (request.Entry.OperationFlags & (uint)MessageFlags.WaitAll) == 0 || request.SelectsBuffer)
        {
            return false;
        }

        bool more = request.Number + result < request.Expected && DescriptorFacts.IsStream(request.Entry.Fd);
        if (more)
        {
            request.Number += result;
        }

        return more;
    }

    /// <summary>A message that is to be moved whole is that only with all the bytes of its pieces.</summary>
    private static void ExpectAll(EmulatedRequest request)
    {
        if (request.Opcode is Opcode.Sendmsg or Opcode.SendmsgZc or Opcode.Recvmsg && (request.Entry.OperationFlags & (uint)MessageFlags.WaitAll) != 0)
        {
            request.Expected = MessageCalls.LengthOf(request.Entry);
        }
    }

    private static bool IsZeroCopy(Opcode opcode) => opcode is Opcode.SendZc or Opcode.SendmsgZc;

    private static long AcceptOnce(in SubmissionEntry entry)
    {
        long result;
        do
        {
            result = SystemCall.Run(SystemCall.Accept, entry.Fd, (long)entry.Address, (long)entry.Address2, entry.OperationFlags);
        }
        while (result == -Errno.EINTR);

        return result;
    }

    private void BeginAcceptMany(EmulatedRequest request)
    {
        // The call first, although the poll would tell of a connection: that there is no descriptor left to accept with shows in it before one comes.
        ref SubmissionEntry entry = ref request.Entry;
        long result = AcceptOnce(entry);
        bool waits = result == -Errno.EAGAIN && (entry.IoPriority & IORING_ACCEPT_DONTWAIT) == 0;
        if (waits || (result >= 0 && ring.Report(request, (int)result)))
        {
            ring.Watch(request, POLLIN);
        }
        else
        {
            ring.End(request, (int)result);
        }
    }

    private void BeginReceiveMany(EmulatedRequest request)
    {
        if (!ring.TrySelect(request, out _))
        {
            ring.End(request, -Errno.ENOBUFS);
            return;
        }

        ring.GiveBack(request);
        request.Number = DescriptorFacts.IsStream(request.Entry.Fd) ? Stream : 0;
        ring.Watch(request, POLLIN | POLLRDHUP); // It fires at once if something is there already.
    }

    private void EndSend(EmulatedRequest request, long result)
    {
        // A zero-copy send that has sent has a second completion, which gives the memory back. The call has copied it, and that is what the second one says.
        int total = WorkerCalls.Total(request.Number, (int)result);
        bool reports = (request.Entry.IoPriority & IORING_SEND_ZC_REPORT_USAGE) != 0;
        if (total >= 0 && IsZeroCopy(request.Opcode) && ring.Report(request, total))
        {
            ring.EndNotified(request, reports);
        }
        else
        {
            ring.End(request, total);
        }
    }

    private void End(EmulatedRequest request, long result) => ring.End(request, WorkerCalls.Total(request.Number, (int)result));

    private void Receive(EmulatedRequest request)
    {
        ref SubmissionEntry entry = ref request.Entry;
        uint flags = entry.OperationFlags;
        ulong address = entry.Address;
        ulong length = entry.Length;
        if (request.SelectsBuffer)
        {
            if (!ring.TrySelect(request, out ProvidedBuffer buffer))
            {
                ring.End(request, -Errno.ENOBUFS);
                return;
            }

            address = buffer.Address;
            length = length == 0 ? buffer.Length : Math.Min(length, buffer.Length);
        }

        while (true)
        {
            long result = entry.Opcode == Opcode.Recvmsg
                ? MessageCalls.Run(SystemCall.ReceiveMessage, entry, request.Number, flags | MSG_DONTWAIT)
                : SystemCall.Run(SystemCall.Receive, entry.Fd, (long)address + request.Number, (long)length - request.Number, flags | MSG_DONTWAIT);
            if (result == -Errno.EINTR)
            {
                continue;
            }

            if (result == -Errno.EAGAIN && (flags & MSG_DONTWAIT) == 0)
            {
                ring.GiveBack(request);
                ring.WaitFor(request, POLLIN);
                return;
            }

            if (Continues(request, result))
            {
                continue;
            }

            End(request, result);
            return;
        }
    }

    private void Accept(EmulatedRequest request)
    {
        ref SubmissionEntry entry = ref request.Entry;
        long result = AcceptOnce(entry);
        if (result == -Errno.EAGAIN && (entry.IoPriority & IORING_ACCEPT_DONTWAIT) == 0)
        {
            ring.WaitFor(request, POLLIN);
        }
        else
        {
            ring.End(request, (int)result);
        }
    }
}
