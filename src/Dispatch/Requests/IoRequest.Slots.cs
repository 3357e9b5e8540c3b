using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Dispatch;

/// <content>Direct descriptors, and buffers that are provided by requests. io_uring only.</content>
public partial struct IoRequest
{
    private const uint CloseOnExec = 0x80000;

    /// <summary>Clears a slot: the file is closed when no request uses it any more. <c>close(2)</c>, <c>io_uring_prep_close_direct(3)</c>, <c>io_uring_prep_close(3)</c>; Linux 5.15. EBADF when it is empty; ENXIO when there is no such slot. Runs inline.</summary>
    /// <param name="slot">The slot.</param>
    /// <returns>The request.</returns>
    public static IoRequest CloseSlot(DirectSlot slot)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slot.Number, nameof(slot));
        IoRequest request = On(Opcode.Close, 0);
        request.Entry.FileIndex = slot.FileIndex;
        return request;
    }

    /// <summary>
    /// Puts descriptors into slots that follow one another, or clears them; the result is how many. The slots have the files for themselves: the descriptors may be closed afterwards. <c>io_uring_prep_files_update(3)</c>; Linux 5.6. ENXIO without a table
    /// (<see cref="DirectSlot.RegisterTable"/>). Runs inline. On Linux AIO an await throws <see cref="PlatformNotSupportedException"/>.
    /// </summary>
    /// <param name="first">The first slot.</param>
    /// <param name="descriptors">The numbers, open until the completion; −1 clears a slot. Copied now.</param>
    /// <returns>The request.</returns>
    public static IoRequest UpdateSlots(DirectSlot first, params ReadOnlySpan<int> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first.Number, nameof(first));
        if (descriptors.IsEmpty)
        {
            throw new ArgumentException("There is nothing to put into the slots.", nameof(descriptors));
        }

        IoRequest request = On(Opcode.FilesUpdate);
        request.First = MemoryMarshal.AsBytes(descriptors).ToArray();
        request.Entry.Length = (uint)descriptors.Length;
        request.Entry.Offset = (ulong)first.Number;
        return request;
    }

    /// <summary>
    /// Makes a plain descriptor of a direct one; the result is its number, which the caller closes. <c>io_uring_prep_fixed_fd_install(3)</c>; Linux 6.8. Where the kernel lacks it, an await throws <see cref="PlatformNotSupportedException"/>. EBADF when the slot is empty. Runs inline.
    /// </summary>
    /// <param name="slot">The slot, which keeps the file too.</param>
    /// <param name="closeOnExec">Whether children do not inherit it.</param>
    /// <returns>The request.</returns>
    public static IoRequest InstallSlot(DirectSlot slot, bool closeOnExec = true)
    {
        IoRequest request = On(Opcode.FixedFdInstall, slot);
        request.Entry.OperationFlags = closeOnExec ? 0 : IoUringAbi.IORING_FIXED_FD_NO_CLOEXEC;
        return request;
    }

    /// <summary>
    /// Gives another loop the file of a slot, in a slot of its own. The result is 0 once it is there; nothing is posted at the other loop: tell it with <see cref="Message"/>. <c>io_uring_prep_msg_ring_fd(3)</c>, <c>io_uring_prep_msg_ring(3)</c>; Linux 6.0. EBADF when
    /// the slot is empty, ENXIO when the other loop has no such slot.
    /// </summary>
    /// <param name="target">The other loop, on io_uring too.</param>
    /// <param name="slot">The slot of the loop that sends the request.</param>
    /// <param name="targetSlot">The slot of the other loop; a file that is in it is closed.</param>
    /// <returns>The request.</returns>
    public static IoRequest PassSlot(EventLoop target, DirectSlot slot, DirectSlot targetSlot)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentOutOfRangeException.ThrowIfNegative(slot.Number, nameof(slot));
        ArgumentOutOfRangeException.ThrowIfNegative(targetSlot.Number, nameof(targetSlot)); // One that the kernel picks would be lost with an answer that nobody takes.
        IoRequest request = On(Opcode.MsgRing);
        request.Target = target;
        request.Entry.Address = IoUringAbi.IORING_MSG_SEND_FD;
        request.Entry.Address3 = (ulong)slot.Number;
        request.Entry.FileIndex = targetSlot.FileIndex;
        request.Entry.OperationFlags = IoUringAbi.IORING_MSG_RING_CQE_SKIP;
        return request;
    }

    /// <summary>
    /// Gives buffers to the ring, as one group, to be taken by requests that select from it (<see cref="SendBundle"/>); the result is 0. The older way: the loop's own receive buffers are provided without requests. <c>io_uring_prep_provide_buffers(3)</c>; Linux 5.7.
    /// Runs inline. On Linux AIO an await throws <see cref="PlatformNotSupportedException"/>.
    /// </summary>
    /// <param name="address">The first buffer, in unmanaged memory. The caller keeps it in place until each has been taken and that request has completed, or <see cref="RemoveBuffers"/> has taken them back.</param>
    /// <param name="size">The size of each in bytes.</param>
    /// <param name="count">How many follow one another; 1 to 65,535.</param>
    /// <param name="group">The group; not 0, which is the loop's own.</param>
    /// <param name="firstId">The number of the first buffer.</param>
    /// <returns>The request.</returns>
    public static IoRequest ProvideBuffers(nint address, int size, int count, ushort group, ushort firstId = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, ushort.MaxValue);
        VerifyGroup(group);
        IoRequest request = On(Opcode.ProvideBuffers, count);
        request.Entry.Address = (ulong)address;
        request.Entry.Length = (uint)size;
        request.Entry.Offset = firstId;
        request.Entry.BufferGroup = group;
        return request;
    }

    /// <summary>
    /// Takes buffers of a group back; the result is how many there were. <c>io_uring_prep_remove_buffers(3)</c>; Linux 5.7. ENOENT when there is no such group. Runs inline. On Linux AIO an await throws <see cref="PlatformNotSupportedException"/>.
    /// </summary>
    /// <param name="count">How many at most; 1 to 65,535.</param>
    /// <param name="group">The group; not 0.</param>
    /// <returns>The request.</returns>
    public static IoRequest RemoveBuffers(int count, ushort group)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, ushort.MaxValue);
        VerifyGroup(group);
        IoRequest request = On(Opcode.RemoveBuffers, count);
        request.Entry.BufferGroup = group;
        return request;
    }

    /// <summary>
    /// The same request, which makes a direct descriptor instead of a plain one: opens, accepts and sockets. The result is 0, or with <see cref="DirectSlot.Any"/> the slot (Linux 5.19; −ENFILE when all are taken). A slot is inherited by nobody: close-on-exec
    /// is left out, which the kernel refuses here. <c>io_uring_prep_openat_direct(3)</c>, <c>io_uring_prep_accept_direct(3)</c>; Linux 5.15. ENXIO without a table (<see cref="DirectSlot.RegisterTable"/>), and on other kernels than io_uring.
    /// </summary>
    /// <param name="slot">The slot; a file that is in it is closed. Multishot accepts take <see cref="DirectSlot.Any"/> only.</param>
    /// <returns>The request.</returns>
    public readonly IoRequest IntoSlot(DirectSlot slot)
    {
        if (slot != DirectSlot.Any)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(slot.Number, nameof(slot));
            if (isMultishot)
            {
                throw new InvalidOperationException("A multishot accept makes many descriptors and cannot put them all into one slot: use DirectSlot.Any.");
            }
        }

        IoRequest copy = this;
        switch (Entry.Opcode)
        {
            case Opcode.Openat or Opcode.Accept:
                copy.Entry.OperationFlags &= ~CloseOnExec;
                break;
            case Opcode.Socket:
                copy.Entry.Offset &= ~(ulong)CloseOnExec;
                break;
            case Opcode.Openat2:
                byte[] how = extras!.Second.ToArray();
                BinaryPrimitives.WriteUInt64LittleEndian(how, BinaryPrimitives.ReadUInt64LittleEndian(how) & ~(ulong)CloseOnExec);
                copy.SetExtras(extras with { Second = how });
                break;
            default:
                throw new InvalidOperationException($"{Name} makes no direct descriptor: opens, accepts and sockets do.");
        }

        copy.Entry.FileIndex = slot.FileIndex;
        return copy;
    }
}
