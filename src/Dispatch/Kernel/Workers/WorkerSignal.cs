using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// The signal that ends a worker's blocked call with EINTR. Its handler has to be native, because managed code cannot run in one, and to do nothing: it is the C library's <c>abs</c>. The number is one of the real-time signals
/// that nobody handled when the first worker was started. <c>sigaction(2)</c>, <c>tgkill(2)</c>.
/// </summary>
internal static unsafe partial class WorkerSignal
{
    private const int First = 40; // The C library and the runtime use the lowest real-time signals themselves.
    private const int Last = 63;
    private const int SizeLimit = 25; // SIGXFSZ
    private const int BlockMask = 0; // SIG_BLOCK
    private const int UnblockMask = 1; // SIG_UNBLOCK

    private static readonly int Signal = Install();

    /// <summary>
    /// Lets the signal through to the calling thread, a worker; and keeps the one away by which the kernel ends a process that writes beyond its size limit: io_uring's workers get the error alone.
    /// </summary>
    public static void PrepareThread()
    {
        ulong* mask = stackalloc ulong[16];
        new Span<ulong>(mask, 16).Clear();
        mask[0] = 1ul << (Signal - 1);
        _ = ThreadMask(UnblockMask, mask, null);
        mask[0] = 1ul << (SizeLimit - 1);
        _ = ThreadMask(BlockMask, mask, null);
    }

    /// <summary>Interrupts the call that this thread of the process is in.</summary>
    public static void Send(long thread) => SystemCall.Run(SystemCall.SignalThread, Environment.ProcessId, thread, Signal);

    private static int Install()
    {
        nint handler = NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "abs");
        for (int signal = First; signal <= Last; signal++)
        {
            Action present = default;
            if (SignalAction(signal, null, &present) == 0 && present.Handler == 0)
            {
                Action action = new() { Handler = handler }; // No SA_RESTART: the call is to end.
                if (SignalAction(signal, &action, null) == 0)
                {
                    return signal;
                }
            }
        }

        throw new InvalidOperationException("No real-time signal from 40 to 63 is free to interrupt blocked system calls with. Leave one without a handler.");
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int SignalAction(int signal, Action* action, Action* present);

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static partial int ThreadMask(int how, ulong* mask, ulong* present);

    /// <summary>The C library's <c>struct sigaction</c>: a mask of 1,024 bits on 64-bit systems.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Action
    {
        public nint Handler;
        public fixed ulong Mask[16];
        public int Flags;
        public nint Restorer;
    }
}
