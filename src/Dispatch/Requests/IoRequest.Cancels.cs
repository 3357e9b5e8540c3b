namespace Dispatch;

/// <content>Requests about other requests: to cancel them, or to change them while they wait.</content>
public partial struct IoRequest
{
    /// <summary>
    /// Cancels a raw request, the first one in flight with this tag. The result is 0, or −ENOENT when there is none, or −EALREADY when it is past cancelling. <see cref="EventLoop.Cancel(ulong)"/> also reaches requests that
    /// still wait in user memory, and all of that tag. <c>io_uring_prep_cancel(3)</c>; Linux 5.5.
    /// </summary>
    /// <param name="tag">The tag that it was submitted with.</param>
    /// <returns>The request.</returns>
    public static IoRequest Cancel(ulong tag)
    {
        IoRequest request = On(Opcode.AsyncCancel);
        request.Target = TargetByTag;
        request.Entry.Address = tag;
        return request;
    }

    /// <summary>
    /// Cancels one request of the loop on a descriptor, the first that is found; the result is 0, −ENOENT or −EALREADY. <c>io_uring_prep_cancel_fd(3)</c>, <c>io_uring_prep_cancel(3)</c>; Linux 5.19.
    /// </summary>
    /// <param name="target">The descriptor.</param>
    /// <returns>The request.</returns>
    public static IoRequest CancelFirst(Descriptor target) => CancelOn(target, 0);

    /// <summary>
    /// Cancels every request that the loop's ring has on a descriptor; the result is their number. System calls that workers make for the loop are not among them. <c>io_uring_prep_cancel_fd(3)</c>, <c>io_uring_prep_cancel(3)</c>; Linux 5.19.
    /// </summary>
    /// <param name="target">The descriptor.</param>
    /// <returns>The request.</returns>
    public static IoRequest CancelAll(Descriptor target) => CancelOn(target, IoUringAbi.IORING_ASYNC_CANCEL_ALL);

    /// <summary>
    /// Cancels every request of the loop that makes the same call as another, whatever it is made on: all receives, say. The result is their number. <c>io_uring_prep_cancel(3)</c>; Linux 6.6. Where the kernel lacks it: −EINVAL.
    /// </summary>
    /// <remarks>Dispatch's own waits are polls and timeouts; those are armed again.</remarks>
    /// <param name="request">A request of the kind that is meant; it need not be in flight.</param>
    /// <returns>The request.</returns>
    public static IoRequest CancelAlike(in IoRequest request)
    {
        IoRequest cancel = On(Opcode.AsyncCancel);
        cancel.Entry.Length = (uint)request.Entry.Opcode;
        cancel.Entry.OperationFlags = IoUringAbi.IORING_ASYNC_CANCEL_OP | IoUringAbi.IORING_ASYNC_CANCEL_ALL;
        return cancel;
    }

    /// <summary>
    /// Cancels every request that the kernel has of the loop; the result is their number, in which Dispatch's own count. They are armed again. <see cref="EventLoop.CancelAll"/> also reaches what still waits in user memory. <c>io_uring_prep_cancel(3)</c>; Linux 5.19.
    /// </summary>
    /// <returns>The request.</returns>
    public static IoRequest CancelEverything()
    {
        IoRequest request = On(Opcode.AsyncCancel);
        request.Entry.OperationFlags = IoUringAbi.IORING_ASYNC_CANCEL_ANY | IoUringAbi.IORING_ASYNC_CANCEL_ALL;
        return request;
    }

    /// <summary>
    /// Ends a raw poll by its tag. The result is 0, −ENOENT when there is no such poll, or −EALREADY when it is firing. The poll ends with −ECANCELED. <c>io_uring_prep_poll_remove(3)</c>, <c>io_uring_prep_poll_update(3)</c>; Linux 5.1.
    /// </summary>
    /// <param name="tag">The tag that it was submitted with.</param>
    /// <returns>The request.</returns>
    public static IoRequest PollRemove(ulong tag)
    {
        IoRequest request = On(Opcode.PollRemove);
        request.Target = TargetByTag;
        request.Entry.Address = tag;
        return request;
    }

    /// <summary>
    /// Changes what a raw poll waits for, in place. The result is 0, −ENOENT when there is no such poll, or −EALREADY when it is firing. Its tag, and whether it is a multishot, stay. <c>io_uring_prep_poll_update(3)</c>; Linux 5.13.
    /// </summary>
    /// <param name="tag">The tag that it was submitted with.</param>
    /// <param name="events">What to wait for from now on.</param>
    /// <returns>The request.</returns>
    public static IoRequest PollUpdate(ulong tag, PollEvents events)
    {
        IoRequest request = PollRemove(tag);
        request.Entry.Length = IoUringAbi.IORING_POLL_UPDATE_EVENTS;
        request.Entry.OperationFlags = (uint)events;
        return request;
    }

    /// <summary>
    /// Ends a raw timeout by its tag. The result is 0, −ENOENT when there is none, or −EBUSY when it is firing. The timeout ends with −ECANCELED. <c>io_uring_prep_timeout_remove(3)</c>, <c>io_uring_prep_timeout_update(3)</c>; Linux 5.5.
    /// </summary>
    /// <param name="tag">The tag that it was submitted with.</param>
    /// <returns>The request.</returns>
    public static IoRequest TimeoutRemove(ulong tag)
    {
        IoRequest request = On(Opcode.TimeoutRemove);
        request.Target = TargetByTag;
        request.Entry.Address = tag;
        return request;
    }

    /// <summary>
    /// Moves a raw timeout, in place. The result is 0, −ENOENT when there is none, or −EALREADY when it is firing. <c>io_uring_prep_timeout_update(3)</c>; Linux 5.11.
    /// </summary>
    /// <param name="tag">The tag that it was submitted with.</param>
    /// <param name="time">The new time, counted from now.</param>
    /// <param name="flags">The clock, and whether the time is a point on it.</param>
    /// <param name="isLinked">Whether it is a linked timeout (Linux 5.15).</param>
    /// <returns>The request.</returns>
    public static IoRequest TimeoutUpdate(ulong tag, TimeSpan time, TimeoutFlags flags = TimeoutFlags.None, bool isLinked = false)
    {
        if ((flags & TimeoutFlags.Multishot) != 0)
        {
            throw new ArgumentException("Whether a timeout repeats cannot be changed.", nameof(flags));
        }

        IoRequest request = TimeoutRemove(tag);
        request.SetExtras(new RequestExtras { Second = TimeRecord(time) });
        request.Entry.OperationFlags = (uint)flags | (isLinked ? IoUringAbi.IORING_LINK_TIMEOUT_UPDATE : IoUringAbi.IORING_TIMEOUT_UPDATE);
        return request;
    }

    private static IoRequest CancelOn(Descriptor target, uint flags)
    {
        const uint FixedDescriptor = 1u << 3; // IORING_ASYNC_CANCEL_FD_FIXED
        IoRequest request = On(Opcode.AsyncCancel, target);
        request.Entry.Flags = EntryFlags.None;
        request.Entry.OperationFlags = IoUringAbi.IORING_ASYNC_CANCEL_FD | flags | (target.IsSlot ? FixedDescriptor : 0);
        return request;
    }
}
