using Tmds.Linux;

namespace Dispatch;

/// <summary>The memory that was registered with an emulated ring for fixed reads and writes (<c>io_uring_register(2)</c>). Nothing is pinned: only the bounds are kept, and checked. Owner thread only.</summary>
internal sealed unsafe class RegisteredBuffers
{
    private (ulong Start, ulong Length)[]? buffers;

    /// <summary>Registers the set. Returns a negative errno on failure.</summary>
    public int Register(iovec* vectors, uint count)
    {
        if (buffers is not null)
        {
            return -Errno.EBUSY;
        }

        if (count == 0 || vectors == null)
        {
            return count == 0 ? -Errno.EINVAL : -Errno.EFAULT;
        }

        (ulong Start, ulong Length)[] set = new (ulong, ulong)[count];
        for (int i = 0; i < set.Length; i++)
        {
            set[i] = ((ulong)vectors[i].iov_base, (ulong)vectors[i].iov_len);
        }

        buffers = set;
        return 0;
    }

    /// <summary>Forgets the set. Returns a negative errno when there is none.</summary>
    public int Unregister()
    {
        bool any = buffers is not null;
        buffers = null;
        return any ? 0 : -Errno.ENXIO;
    }

    /// <summary>Says whether memory lies within a buffer. Returns 0 or −EFAULT.</summary>
    public int Check(int index, ulong address, ulong bytes)
    {
        if (buffers is null || index >= buffers.Length)
        {
            return -Errno.EFAULT;
        }

        (ulong start, ulong length) = buffers[index];
        return address >= start && bytes <= length && address - start <= length - bytes ? 0 : -Errno.EFAULT;
    }
}
