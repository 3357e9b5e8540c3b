using Microsoft.Win32.SafeHandles;

namespace Dispatch;

/// <summary>What wakes the owner of a Linux AIO ring: an eventfd that its context polls. <see cref="Signal"/> from any thread, also one that comes late.</summary>
internal sealed unsafe class AioWake(int descriptor) : IDisposable
{
    private readonly SafeFileHandle handle = new(descriptor, ownsHandle: true);

    /// <summary>Gets the descriptor.</summary>
    public int Descriptor => descriptor;

    /// <summary>Makes an event in the context.</summary>
    public void Signal()
    {
        // A poster or a worker may come here late. The reference keeps the number from being closed, and given to another file, under the write.
        bool added = false;
        try
        {
            handle.DangerousAddRef(ref added);
        }
        catch (ObjectDisposedException)
        {
            return; // The loop is gone, and with it the reason to wake it.
        }

        ulong one = 1;
        while (SystemCall.Run(SystemCall.WritePlain, descriptor, (long)&one, sizeof(ulong)) == -Errno.EINTR)
        {
        }

        handle.DangerousRelease();
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();
}
