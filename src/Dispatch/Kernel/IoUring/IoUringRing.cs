using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;
using static Dispatch.IoUringAbi;

namespace Dispatch;

/// <summary>
/// io_uring behind the seam: one ring, created by and belonging to one thread. Set-up is in <see cref="IoUringSetup"/>, memory in
/// <see cref="IoUringMemory"/>; this class is what runs: enter, wake, register, close.
/// </summary>
internal sealed unsafe class IoUringRing : KernelRing
{
    private readonly IoUringMemory memory;
    private readonly IoUringProbe probe;
    private readonly int ringDescriptor;
    private readonly SafeFileHandle wakeHandle;
    private readonly int enterDescriptor;
    private readonly bool isRegistered;
    private readonly uint enterFlags;
    private readonly IoUringRecords.KernelTimespec* timeout;
    private readonly IoUringRecords.GetEventsArgument* argument;
    private bool closed;

    private IoUringRing(IoUringSetup.Result setup, int wakeDescriptor, EventLoopOptions options)
    {
        memory = setup.Memory;
        ringDescriptor = setup.Descriptor;
        wakeHandle = new SafeFileHandle(wakeDescriptor, ownsHandle: true);
        memory.Map(ref Submissions, ref Completions);
        SetAttention(memory.Flags, quiet: 0);
        probe = IoUringProbe.Run(this);

        isRegistered = TryRegisterOwnDescriptor(out enterDescriptor);
        enterFlags = IORING_ENTER_GETEVENTS;
        if (isRegistered)
        {
            enterFlags |= IORING_ENTER_REGISTERED_RING;
        }

        if (setup.HasFeature(IORING_FEAT_NO_IOWAIT))
        {
            // A parked loop is idle. The kernel would take it for one that waits for a disk, show the machine as busy with I/O, and keep its clock up.
            enterFlags |= IORING_ENTER_NO_IOWAIT;
        }

        timeout = (IoUringRecords.KernelTimespec*)NativeMemory.AllocZeroed((nuint)(sizeof(IoUringRecords.KernelTimespec) + sizeof(IoUringRecords.GetEventsArgument)));
        argument = (IoUringRecords.GetEventsArgument*)(timeout + 1);
        argument->Timespec = (ulong)timeout;
        CapWorkers(options);
        Description = setup.Describe(probe.SupportedCount, isRegistered);

        // Bundles are as old as Linux 6.10; the length that limits them is not, and earlier ones could leave a gap in the data behind a buffer that was filled in part.
        BundlesReceives = setup.HasFeature(IORING_FEAT_RECVSEND_BUNDLE) && Environment.OSVersion.Version >= new Version(6, 17);
    }

    /// <inheritdoc/>
    public override KernelDescription Description { get; }

    /// <inheritdoc/>
    public override TimeProvider Clock => TimeProvider.System;

    /// <inheritdoc/>
    public override bool BundlesReceives { get; }

    /// <inheritdoc/>
    public override int MessageDescriptor => closed ? -1 : ringDescriptor;

    /// <inheritdoc/>
    public override bool CompletesAfterClose => memory.IsOurs;

    /// <inheritdoc/>
    public override bool HasOverflow => (Volatile.Read(ref *memory.Flags) & IORING_SQ_CQ_OVERFLOW) != 0;

    /// <summary>Creates the ring on the calling thread, which becomes its only submitter.</summary>
    public static IoUringRing Create(EventLoopOptions options) => Create(options, IoUringSetup.DefaultLadder);

    /// <summary>Creates the ring with the first of these sets of flags that the kernel takes.</summary>
    public static IoUringRing Create(EventLoopOptions options, IReadOnlyList<uint> ladder)
    {
        IoUringSetup.Result setup = IoUringSetup.Run((uint)options.SubmissionEntries, (uint)options.CompletionEntries, ladder);
        int wake = LibC.eventfd(0, LibC.EFD_CLOEXEC | LibC.EFD_NONBLOCK);
        if (wake < 0)
        {
            int errno = LibC.errno;
            _ = LibC.close(setup.Descriptor);
            setup.Memory.Free();
            throw KernelUnavailableException.FromErrno("eventfd", errno, KernelUnavailableException.NoLimit);
        }

        return new IoUringRing(setup, wake, options);
    }

    /// <inheritdoc/>
    public override bool Supports(Opcode opcode) => probe.Supports(opcode);

    /// <inheritdoc/>
    public override int RegisterIdentity(FileIdentity identity) => (int)identity.Run(static ring => ring.Register(IORING_REGISTER_PERSONALITY, null, 0), this); // The kernel takes the caller's.

    /// <inheritdoc/>
    public override void UnregisterIdentity(int number) => Register(IORING_UNREGISTER_PERSONALITY, null, (uint)number);

    /// <inheritdoc/>
    public override int Enter(uint minimumCompletions, long timeoutNanoseconds)
    {
        ref SubmissionRing submissions = ref Submissions;
        submissions.Publish();
        uint pending = submissions.Pending;
        long result;
        if (minimumCompletions == 0 || timeoutNanoseconds < 0)
        {
            result = Libc.IoUringEnter(Libc.SYS_io_uring_enter, enterDescriptor, pending, minimumCompletions, enterFlags, null, 0);
        }
        else
        {
            timeout->Seconds = timeoutNanoseconds / 1_000_000_000;
            timeout->Nanoseconds = timeoutNanoseconds % 1_000_000_000;
            result = Libc.IoUringEnter(
                Libc.SYS_io_uring_enter,
                enterDescriptor,
                pending,
                minimumCompletions,
                enterFlags | IORING_ENTER_EXT_ARG,
                argument,
                sizeof(IoUringRecords.GetEventsArgument));
        }

        return result >= 0 ? (int)result : -Marshal.GetLastPInvokeError();
    }

    /// <inheritdoc/>
    public override bool TryPrepareWakeRequest(ref SubmissionEntry entry)
    {
        // A multishot poll is edge-triggered: every write to the eventfd posts a completion although nobody ever reads the counter,
        // so a wake-up costs the owner no system call. The counter holds 2^64 − 2 of them.
        entry.Opcode = Opcode.PollAdd;
        entry.Fd = (int)wakeHandle.DangerousGetHandle();
        entry.Length = IORING_POLL_ADD_MULTI;
        entry.OperationFlags = (uint)PollEvents.Readable;
        return true;
    }

    /// <inheritdoc/>
    public override void Wake()
    {
        // A poster that passed the inbox's check just before it closed may come here late. The reference keeps the number from being closed, and
        // given to another file, under the write.
        bool added = false;
        try
        {
            wakeHandle.DangerousAddRef(ref added);
        }
        catch (ObjectDisposedException)
        {
            return; // The loop is gone, and with it the reason to wake it.
        }

        ulong one = 1;
        while (LibC.write((int)wakeHandle.DangerousGetHandle(), &one, sizeof(ulong)) < 0 && LibC.errno == Errno.EINTR)
        {
        }

        wakeHandle.DangerousRelease();
    }

    /// <inheritdoc/>
    public override int Register(uint operation, void* argument, uint count)
    {
        if (closed)
        {
            return -Errno.EBADF; // The number may be another ring's by now.
        }

        int result = LibC.io_uring_register(ringDescriptor, operation, argument, count);
        return result >= 0 ? result : -LibC.errno;
    }

    /// <inheritdoc/>
    public override void Close(bool fromOwner)
    {
        if (closed)
        {
            return;
        }

        if (fromOwner && isRegistered)
        {
            // A living thread that keeps the descriptor registered keeps the ring alive. (A dead one's registrations went with it.)
            IoUringRecords.ResourceUpdate update = new() { Offset = (uint)enterDescriptor };
            Register(IORING_UNREGISTER_RING_FDS, &update, 1);
        }

        closed = true;
        _ = LibC.close(ringDescriptor);
    }

    /// <inheritdoc/>
    public override void ReleaseMemory()
    {
        wakeHandle.Dispose();
        NativeMemory.Free(timeout);
        memory.Free();
    }

    private bool TryRegisterOwnDescriptor(out int descriptor)
    {
        // A thread has 16 places; beyond them the plain descriptor does the same work, a little slower. The place's number may well be the descriptor's own, where low
        // numbers were free: only the answer says whether it is registered.
        IoUringRecords.ResourceUpdate update = new() { Offset = uint.MaxValue, Data = (ulong)ringDescriptor };
        bool registered = Register(IORING_REGISTER_RING_FDS, &update, 1) == 1;
        descriptor = registered ? (int)update.Offset : ringDescriptor;
        return registered;
    }

    private void CapWorkers(EventLoopOptions options)
    {
        // Two classes: bounded (regular files) and unbounded (everything else). Uncapped, one burst of buffered writes starts a thread each.
        uint* limits = stackalloc uint[2] { (uint)options.MaxKernelWorkers, (uint)options.MaxKernelWorkers };
        Register(IORING_REGISTER_IOWQ_MAX_WORKERS, limits, 2);
    }
}
