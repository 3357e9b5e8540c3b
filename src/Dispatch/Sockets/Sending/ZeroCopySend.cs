using System.Buffers;

namespace Dispatch;

/// <summary>
/// One awaited send that the kernel makes from the sender's own pages. Its request completes twice: when the bytes are on their way, from when on later sends of the connection begin, and when the peer has acknowledged
/// them. Only then is the memory the sender's again and the await over. Where the kernel says that it has copied after all, the connection's later sends are ordinary ones. <c>io_uring_prep_send_zc(3)</c>; Linux 6.2.
/// </summary>
internal sealed class ZeroCopySend(LoopEngine engine) : QueuedSend(engine)
{
    private const int Copied = int.MinValue; // IORING_NOTIF_USAGE_ZC_COPIED, 1 << 31: no errno.

    private Connection? origin;
    private MemoryHandle pin;
    private nint address;
    private int remaining;
    private bool isNotificationDue;
    private bool hasLeft;

    /// <summary>Prepares to send from memory that is pinned here until the end.</summary>
    public void Prepare(Connection connection, ReadOnlyMemory<byte> data)
    {
        pin = data.Pin();
        unsafe
        {
            address = (nint)pin.Pointer;
        }

        remaining = data.Length;
        origin = connection;
        hasLeft = false;
        Begin(connection);
    }

    /// <summary>Cancels what is not on its way yet. What is cannot be taken back, and nothing behind it waits for the acknowledgement.</summary>
    public override void RequestCancel()
    {
        if (!isNotificationDue)
        {
            base.RequestCancel();
        }
        else if (!hasLeft)
        {
            hasLeft = true;
            LeaveEarly(Errno.ECANCELED);
        }
    }

    /// <inheritdoc/>
    public override void ReturnToPool() => Engine.ZeroCopyPool.Return(this);

    /// <inheritdoc/>
    protected override void ReturnFromAnyThread() => Engine.ZeroCopyPool.ReturnFromAnyThread(this);

    /// <inheritdoc/>
    protected override void StageRest()
    {
        SubmissionEntry entry = default;
        entry.Fd = Connection!.OwnedDescriptor.Number;
        entry.Address = (ulong)address;
        entry.Length = (uint)remaining;
        entry.OperationFlags = (uint)(MessageFlags.WaitAll | MessageFlags.NoSignal);
        entry.Opcode = Opcode.Send;
        if (origin!.ZeroCopyThreshold != 0)
        {
            entry.Opcode = Opcode.SendZc;
            entry.IoPriority = IoUringAbi.IORING_SEND_ZC_REPORT_USAGE;
        }

        StageEntry(entry);
    }

    /// <inheritdoc/>
    protected override bool Advance(int sent)
    {
        remaining -= sent;
        address += sent;
        return remaining <= 0;
    }

    /// <inheritdoc/>
    protected override void ReturnMemory()
    {
        origin = null;
        pin.Dispose();
        pin = default;
    }

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        if (!terminal)
        {
            OnOnItsWay(entry.Result);
        }
        else if (isNotificationDue)
        {
            OnNotification(entry.Result);
        }
        else if (IsRefusal(entry.Result))
        {
            StopZeroCopy();
            Connection!.OwnedDescriptor.ReleaseUse();
            Stage(); // In the ordinary way.
        }
        else
        {
            base.OnCompletion(entry, terminal); // No second completion: it failed, or was an ordinary send.
        }
    }

    private bool IsRefusal(int result) => Opcode == Opcode.SendZc && result is -Errno.EINVAL or -Errno.EOPNOTSUPP;

    private void OnOnItsWay(int result)
    {
        isNotificationDue = true;
        Connection!.OwnedDescriptor.ReleaseUse(); // A close does not wait for the peer: it would be the abort that cannot come.
        bool isOver;
        if (result >= 0)
        {
            isOver = Advance(result);
        }
        else
        {
            isOver = !IsRefusal(result) && (IsCancelRequested || result is not (-Errno.EINTR or -Errno.EAGAIN));
            if (IsRefusal(result))
            {
                StopZeroCopy();
            }
        }

        if (isOver)
        {
            hasLeft = true;
            LeaveEarly(result < 0 ? -result : 0);
        }
    }

    private void OnNotification(int result)
    {
        isNotificationDue = false;
        if ((result & Copied) != 0)
        {
            StopZeroCopy();
        }

        if (hasLeft)
        {
            CompleteLate();
        }
        else
        {
            Stage(); // A short one goes on.
        }
    }

    private void StopZeroCopy() => origin!.ZeroCopyThreshold = 0;
}
