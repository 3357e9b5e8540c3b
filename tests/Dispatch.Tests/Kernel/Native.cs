using System.Runtime.InteropServices;

namespace Dispatch.Tests.Kernel;

/// <summary>Calls that only tests make.</summary>
internal static partial class Native
{
    /// <summary>SIGWINCH: the size of the terminal's window has changed.</summary>
    public const int WindowChanged = 28;

    /// <summary>SIGTERM.</summary>
    public const int Terminate = 15;

    /// <summary>Sends a signal to one thread of this process.</summary>
    public static void Signal(int thread, int signal) =>
        Assert.Equal(0, SignalThread(Environment.ProcessId, thread, signal));

    /// <summary>Waits until a thread is asleep in <c>io_uring_enter</c>.</summary>
    public static void WaitUntilInEnter(int thread) => WaitUntil(
        () => File.ReadAllText($"/proc/self/task/{thread}/syscall").StartsWith($"{Libc.SYS_io_uring_enter} ", StringComparison.Ordinal),
        "The thread did not go to sleep in io_uring_enter.");

    /// <summary>Waits for something that will come, and fails when it does not.</summary>
    public static void WaitUntil(Func<bool> condition, string otherwise) => Assert.True(SpinWait.SpinUntil(condition, RawRing.Guard), otherwise);

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeFifo(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    /// <summary>The kernel's number of the calling thread.</summary>
    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int ThreadId();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "tgkill", SetLastError = true)]
    private static partial int SignalThread(int process, int thread, int signal);
}
