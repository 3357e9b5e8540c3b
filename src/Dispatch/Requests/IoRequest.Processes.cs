namespace Dispatch;

/// <content>Requests about child processes and epoll sets.</content>
public partial struct IoRequest
{
    /// <summary>
    /// Waits until a child process has changed; the result is 0. <c>waitid(2)</c>, <c>io_uring_prep_waitid(3)</c>; Linux 6.7. Where the kernel lacks it, an await throws <see cref="PlatformNotSupportedException"/>. ECHILD when there is no such child. Asynchronous: it may wait for ever.
    /// Children that <see cref="System.Diagnostics.Process"/> has started are waited for by the runtime; use <see cref="ChildChanges.Keep"/> with them, and not <see cref="ChildSelector.Any"/>.
    /// </summary>
    /// <param name="selector">Which children.</param>
    /// <param name="id">The process, the group or the pidfd; 0 for any child.</param>
    /// <param name="changes">What to wait for.</param>
    /// <param name="answer">Where the answer is written, for <see cref="ChildStatus.Parse"/>: <see cref="ChildStatus.RecordBytes"/>, pinned from submit to completion. Empty when it does not matter.</param>
    /// <returns>The request.</returns>
    public static IoRequest WaitForChild(ChildSelector selector, int id, ChildChanges changes, Memory<byte> answer = default)
    {
        if (!answer.IsEmpty && answer.Length < ChildStatus.RecordBytes)
        {
            throw new ArgumentException($"The answer needs {ChildStatus.RecordBytes} bytes; {answer.Length} were given.", nameof(answer));
        }

        IoRequest request = On(Opcode.Waitid, id);
        request.SetExtras(new RequestExtras { Second = answer });
        request.Entry.Length = (uint)selector;
        request.Entry.FileIndex = (uint)changes;
        return request;
    }

    /// <summary>Adds a descriptor to an epoll set, changes it or takes it out. <c>epoll_ctl(2)</c>, <c>io_uring_prep_epoll_ctl(3)</c>; Linux 5.6. Runs inline.</summary>
    /// <param name="set">The set, of <c>epoll_create1(2)</c>.</param>
    /// <param name="operation">What to do.</param>
    /// <param name="target">The descriptor.</param>
    /// <param name="wanted">What to wait for, and what comes with it.</param>
    /// <returns>The request.</returns>
    public static IoRequest EpollControl(Descriptor set, EpollOperation operation, Descriptor target, EpollEvent wanted = default)
    {
        IoRequest request = On(Opcode.EpollCtl, set);
        request.First = wanted.ToRecord();
        request.Entry.Length = (uint)operation;
        request.SetOther(target);
        return request;
    }

    /// <summary>
    /// Waits until something has happened in an epoll set; the result is how many events there are. <c>epoll_wait(2)</c>, <c>io_uring_prep_epoll_wait(3)</c>; Linux 6.15. Where the kernel lacks it, an await throws <see cref="PlatformNotSupportedException"/>. Asynchronous: it may wait for ever.
    /// </summary>
    /// <param name="set">The set.</param>
    /// <param name="events">Where the events are written, for <see cref="EpollEvent.Read"/>: room for one at least, pinned from submit to completion.</param>
    /// <returns>The request.</returns>
    public static IoRequest EpollWait(Descriptor set, Memory<byte> events)
    {
        int count = events.Length / EpollEvent.RecordBytes;
        if (count == 0)
        {
            throw new ArgumentException($"An event needs {EpollEvent.RecordBytes} bytes; {events.Length} were given.", nameof(events));
        }

        IoRequest request = On(Opcode.EpollWait, set);
        request.First = events;
        request.Entry.Length = (uint)count;
        return request;
    }
}
