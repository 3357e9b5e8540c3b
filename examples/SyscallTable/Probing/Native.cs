using System.Runtime.InteropServices;

namespace Dispatch.Examples.SyscallTable.Probing;

/// <summary>The bare system calls of this program: it looks at the kernel from beside Dispatch.</summary>
internal static unsafe partial class Native
{
    public const long RingSetup = 425;
    public const long RingEnter = 426;
    public const long RingRegister = 427;

    private static readonly bool IsArm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    public static long ThreadNumber => Call(IsArm64 ? 178 : 186);

    /// <summary>Makes a call. Returns the kernel's answer; negative is an errno.</summary>
    public static long Call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0)
    {
        long result = Invoke(number, a, b, c, d, e, f);
        return result >= 0 ? result : -Marshal.GetLastPInvokeError();
    }

    public static int Duplicate(int descriptor) => (int)Call(IsArm64 ? 23 : 32, descriptor);

    public static int CreateEpoll() => (int)Call(IsArm64 ? 20 : 291, 0);

    public static void Close(int descriptor) => Call(IsArm64 ? 57 : 3, descriptor);

    public static void Write(int descriptor, void* data, long length) => Call(IsArm64 ? 64 : 1, descriptor, (long)data, length);

    public static void WakeFutex(int* word) => Call(IsArm64 ? 98 : 202, (long)word, 129, int.MaxValue);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial byte* Map(void* address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int Unmap(byte* address, nuint length);

    [LibraryImport("libc", EntryPoint = "pipe", SetLastError = true)]
    public static partial int MakePipe(int* ends);

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    public static partial int MakeSocketPair(int domain, int type, int protocol, int* ends);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Invoke(long number, long a, long b, long c, long d, long e, long f);
}
