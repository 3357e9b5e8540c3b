using static Dispatch.IoUringAbi;

namespace Dispatch;

/// <summary>
/// Cancelling in an emulated ring: by tag, by descriptor, by kind, or everything (<c>io_uring_prep_cancel(3)</c>). A request that waits for its turn in a chain cannot be found: the one that
/// runs before it can. Owner thread only.
/// </summary>
internal sealed class EmulatedCancel(EmulatedRing ring)
{
    private const uint FixedDescriptor = 1u << 3;
    private const uint ByTag = 1u << 4;
    private const uint ByOpcode = IORING_ASYNC_CANCEL_OP;
    private const uint Known = IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL_ANY | ByTag | ByOpcode;

    private readonly List<EmulatedRequest> matches = [];

    /// <summary>Cancels and answers: 0, or how many were found; −ENOENT, −EALREADY.</summary>
    public void Run(EmulatedRequest request) => ring.End(request, Answer(request));

    /// <summary>Removes a poll by its tag, or changes what it waits for, and answers (<c>io_uring_prep_poll_update(3)</c>). Changing its tag is not emulated.</summary>
    public void RemovePoll(EmulatedRequest request)
    {
        ref SubmissionEntry entry = ref request.Entry;
        int answer = entry.Length == IORING_POLL_UPDATE_EVENTS && entry.Offset == 0
            ? ChangePoll(entry.Address, entry.OperationFlags)
            : entry.Length != 0 || entry.OperationFlags != 0
            ? -Errno.EINVAL
            : CancelMatching(new Query(ByTag | ByOpcode, entry.Address, 0, Opcode.PollAdd));
        ring.End(request, answer);
    }

    private static bool HasDescriptor(Opcode opcode) => opcode
        is not (Opcode.Nop or Opcode.Timeout or Opcode.TimeoutRemove or Opcode.LinkTimeout or Opcode.AsyncCancel or Opcode.PollRemove
            or Opcode.Openat or Opcode.Openat2 or Opcode.Close or Opcode.Statx or Opcode.Madvise or Opcode.Renameat or Opcode.Unlinkat or Opcode.Mkdirat
            or Opcode.Symlinkat or Opcode.Linkat or Opcode.Setxattr or Opcode.Getxattr or Opcode.Socket or Opcode.EpollCtl or Opcode.Waitid
            or Opcode.FutexWait or Opcode.FutexWake or Opcode.FutexWaitv or Opcode.Pipe or Opcode.FilesUpdate or Opcode.ProvideBuffers or Opcode.RemoveBuffers);

    private int ChangePoll(ulong tag, uint events)
    {
        for (EmulatedRequest? request = ring.Requests.First; request is not null; request = request.Next)
        {
            if (request.Opcode == Opcode.PollAdd && request.UserData == tag)
            {
                return ring.ChangePoll(request, events);
            }
        }

        return -Errno.ENOENT;
    }

    private int Answer(EmulatedRequest request)
    {
        ref SubmissionEntry entry = ref request.Entry;
        uint flags = entry.OperationFlags;
        if ((flags & ~(Known | FixedDescriptor)) != 0 || (flags & FixedDescriptor) != 0
            || ((flags & IORING_ASYNC_CANCEL_ANY) != 0 && (flags & (IORING_ASYNC_CANCEL_FD | ByOpcode)) != 0)
            || entry.Offset != 0)
        {
            return -Errno.EINVAL;
        }

        if ((flags & IORING_ASYNC_CANCEL_FD) != 0 && !ring.IsDescriptorOpen(entry.Fd))
        {
            return -Errno.EBADF;
        }

        return CancelMatching(new Query(flags, entry.Address, entry.Fd, (Opcode)entry.Length));
    }

    private int CancelMatching(in Query query)
    {
        bool all = (query.Flags & (IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_ANY)) != 0;

        // First looked for, then cancelled: a cancel takes its request out of the list that is walked.
        matches.Clear();
        for (EmulatedRequest? request = ring.Requests.First; request is not null; request = request.Next)
        {
            if (query.Matches(request))
            {
                matches.Add(request);
            }
        }

        int found = 0;
        foreach (EmulatedRequest request in matches)
        {
            int answer = ring.Cancel(request);
            if (answer == -Errno.ENOENT)
            {
                continue;
            }

            if (!all)
            {
                return answer;
            }

            found++;
        }

        return all ? found : -Errno.ENOENT;
    }

    private readonly struct Query(uint flags, ulong tag, int descriptor, Opcode opcode)
    {
        public uint Flags => flags;

        public bool Matches(EmulatedRequest request)
        {
            if ((flags & IORING_ASYNC_CANCEL_ANY) != 0)
            {
                return true;
            }

            bool byDescriptor = (flags & IORING_ASYNC_CANCEL_FD) != 0;
            bool byOpcode = (flags & ByOpcode) != 0;
            bool byTag = (flags & ByTag) != 0 || (!byDescriptor && !byOpcode);
            return (!byDescriptor || (HasDescriptor(request.Opcode) && request.Entry.Fd == descriptor))
                && (!byOpcode || request.Opcode == opcode)
                && (!byTag || request.UserData == tag);
        }
    }
}
