using System.Numerics;
using static Dispatch.AioAbi;

namespace Dispatch;

/// <summary>Sets up a Linux AIO ring, and says what it can do.</summary>
internal static class LinuxAioSetup
{
    private const int LeastPlaces = 32;
    private const int UsualLeast = 128;
    private const int MostPlaces = 1024;
    private const int EventFlags = 0x80000 | O_NONBLOCK; // EFD_CLOEXEC | EFD_NONBLOCK

    private static readonly bool[] Supported = Table(
        Opcode.Nop,
        Opcode.Readv,
        Opcode.Writev,
        Opcode.Fsync,
        Opcode.ReadFixed,
        Opcode.WriteFixed,
        Opcode.PollAdd,
        Opcode.PollRemove,
        Opcode.SyncFileRange,
        Opcode.Sendmsg,
        Opcode.Recvmsg,
        Opcode.Timeout,
        Opcode.TimeoutRemove,
        Opcode.Accept,
        Opcode.AsyncCancel,
        Opcode.LinkTimeout,
        Opcode.Connect,
        Opcode.Fallocate,
        Opcode.Openat,
        Opcode.Close,
        Opcode.Statx,
        Opcode.Read,
        Opcode.Write,
        Opcode.Fadvise,
        Opcode.Madvise,
        Opcode.Send,
        Opcode.Recv,
        Opcode.Openat2,
        Opcode.EpollCtl,
        Opcode.Shutdown,
        Opcode.Renameat,
        Opcode.Unlinkat,
        Opcode.Mkdirat,
        Opcode.Symlinkat,
        Opcode.Linkat,
        Opcode.MsgRing,
        Opcode.Socket,
        Opcode.FutexWait,
        Opcode.FutexWake,
        Opcode.Ftruncate,
        Opcode.Bind,
        Opcode.Listen,
        Opcode.Splice,
        Opcode.Tee,
        Opcode.Fsetxattr,
        Opcode.Setxattr,
        Opcode.Fgetxattr,
        Opcode.Getxattr,
        Opcode.UringCmd,
        Opcode.SendZc,
        Opcode.SendmsgZc,
        Opcode.ReadMultishot,
        Opcode.Waitid,
        Opcode.EpollWait,
        Opcode.ReadvFixed,
        Opcode.WritevFixed,
        Opcode.Pipe);

    /// <summary>Says whether requests of this kind can be made.</summary>
    public static bool Supports(Opcode opcode) => Supported[(int)opcode];

    /// <summary>Creates the ring on the calling thread, or throws <see cref="KernelUnavailableException"/>.</summary>
    /// <param name="options">The loop's options.</param>
    /// <param name="refusal">Why io_uring was refused, when this ring takes its place.</param>
    public static LinuxAioRing Create(EventLoopOptions options, string? refusal = null)
    {
        AioQueue context = CreateContext((int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(options.SubmissionEntries, UsualLeast, MostPlaces)));
        long wake = SystemCall.Run(SystemCall.EventDescriptor, 0, EventFlags);
        if (wake < 0)
        {
            context.Destroy();
            context.Free();
            throw KernelUnavailableException.FromErrno("eventfd", (int)-wake, KernelUnavailableException.NoLimit);
        }

        return new LinuxAioRing(context, (int)wake, options, refusal);
    }

    /// <summary>Says what was set up.</summary>
    public static KernelDescription Describe(AioQueue context, uint submissionEntries, uint completionEntries, string? refusal) => new(
        KernelKind.LinuxAio,
        submissionEntries,
        completionEntries,
        [$"{context.Capacity} requests in the kernel"],
        ["IOCB_CMD_POLL", "events read in user memory"],
        refusal is null ? [] : [refusal],
        Supported.Count(s => s),
        RegisteredDescriptor: false,
        "eventfd, polled in the context");

    private static AioQueue CreateContext(int places)
    {
        // The number of requests is shared by the whole machine. What polls find no place here wait in a set of their own, so that a smaller context is slower and no worse.
        int error = 0;
        for (; places >= LeastPlaces; places /= 2)
        {
            error = AioQueue.TryCreate(places, out AioQueue? context);
            if (context is not null)
            {
                return context;
            }

            if (error != -Errno.EAGAIN)
            {
                break;
            }
        }

        throw KernelUnavailableException.FromAioErrno(-error);
    }

    private static bool[] Table(params ReadOnlySpan<Opcode> opcodes)
    {
        bool[] table = new bool[256];
        foreach (Opcode opcode in opcodes)
        {
            table[(int)opcode] = true;
        }

        return table;
    }
}
