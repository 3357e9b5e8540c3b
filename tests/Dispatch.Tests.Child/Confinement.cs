using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Dispatch.Tests.Child;

/// <summary>Takes from this process what a container, a service manager or an ordinary user would not have.</summary>
internal static unsafe partial class Confinement
{
    public const int OpenFiles = 7; // RLIMIT_NOFILE
    public const int LockedMemory = 8; // RLIMIT_MEMLOCK

    private const uint Nobody = 65534;

    private const ushort LoadWord = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private const ushort JumpIfEqual = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    private const ushort JumpIfAnyBit = 0x45; // BPF_JMP | BPF_JSET | BPF_K
    private const ushort Answer = 0x06; // BPF_RET | BPF_K
    private const uint WithErrno = 0x0005_0000; // SECCOMP_RET_ERRNO
    private const uint Allow = 0x7fff_0000; // SECCOMP_RET_ALLOW
    private const uint CallNumber = 0; // The offset in struct seccomp_data.

    private static bool IsX64 => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Makes <c>io_uring_setup</c> fail with this errno, as a container's seccomp profile does, in all threads.</summary>
    public static void DenyIoUring(int errno) => DenyCall(425, errno);

    /// <summary>Makes <c>io_setup</c> fail with this errno, in all threads.</summary>
    public static void DenyAio(int errno) => DenyCall(IsX64 ? 206u : 0u, errno);

    /// <summary>Makes an <c>mmap</c> that wants its pages at once fail with this errno: that is how a ring's memory is asked for, and the runtime's is not.</summary>
    public static void DenyPopulate(int errno)
    {
        const uint MapPopulate = 0x8000;
        const uint FourthArgument = 40;
        Filter(
        [
            new(LoadWord, 0, 0, CallNumber),
            new(JumpIfEqual, 0, 3, IsX64 ? 9u : 222u),
            new(LoadWord, 0, 0, FourthArgument),
            new(JumpIfAnyBit, 0, 1, MapPopulate),
            new(Answer, 0, 0, WithErrno | (uint)errno),
            new(Answer, 0, 0, Allow),
        ]);
    }

    /// <summary>Sets both values of a limit.</summary>
    public static void Limit(int resource, ulong value)
    {
        ulong* limit = stackalloc ulong[2] { value, value };
        Check(SetResourceLimit(resource, limit), "setrlimit");
    }

    /// <summary>
    /// Becomes nobody, without the right to lock more memory than the limit. The right to read files stays, so that the runtime can go on loading the program from
    /// wherever it is. An ordinary user is one already.
    /// </summary>
    public static void BecomeOrdinaryUser()
    {
        const int KeepCapabilities = 8; // PR_SET_KEEPCAPS
        const uint Version3 = 0x20080522; // _LINUX_CAPABILITY_VERSION_3
        const uint ReadFiles = (1u << 1) | (1u << 2); // CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        if (UserId() == 0)
        {
            Check(Prctl(KeepCapabilities, 1, 0, 0, 0), "prctl");
            Check(SetGroups(0, null), "setgroups");
            Check(SetGroupId(Nobody, Nobody, Nobody), "setresgid");
            Check(SetUserId(Nobody, Nobody, Nobody), "setresuid");
            ulong header = Version3;
            uint* sets = stackalloc uint[6] { ReadFiles, ReadFiles, 0, 0, 0, 0 };
            Check(SetCapabilities(&header, sets), "capset");
        }
    }

    private static void DenyCall(uint number, int errno) => Filter(
    [
        new(LoadWord, 0, 0, CallNumber),
        new(JumpIfEqual, 0, 1, number),
        new(Answer, 0, 0, WithErrno | (uint)errno),
        new(Answer, 0, 0, Allow),
    ]);

    private static void Filter(ReadOnlySpan<Instruction> instructions)
    {
        const int NoNewPrivileges = 38; // PR_SET_NO_NEW_PRIVS
        const nint SetModeFilter = 1; // SECCOMP_SET_MODE_FILTER
        const nint AllThreads = 1; // SECCOMP_FILTER_FLAG_TSYNC
        Check(Prctl(NoNewPrivileges, 1, 0, 0, 0), "prctl");
        fixed (Instruction* first = instructions)
        {
            FilterProgram program = new() { Length = (ushort)instructions.Length, Filter = first };
            Check((int)Syscall(IsX64 ? 317 : 277, SetModeFilter, AllThreads, (nint)(&program)), "seccomp");
        }
    }

    private static void Check(int result, string call)
    {
        if (result < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), call);
        }
    }

    [LibraryImport("libc", EntryPoint = "getuid")]
    private static partial uint UserId();

    [LibraryImport("libc", EntryPoint = "setgroups", SetLastError = true)]
    private static partial int SetGroups(nint count, uint* groups);

    [LibraryImport("libc", EntryPoint = "setresgid", SetLastError = true)]
    private static partial int SetGroupId(uint real, uint effective, uint saved);

    [LibraryImport("libc", EntryPoint = "setresuid", SetLastError = true)]
    private static partial int SetUserId(uint real, uint effective, uint saved);

    [LibraryImport("libc", EntryPoint = "capset", SetLastError = true)]
    private static partial int SetCapabilities(void* header, void* data);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetResourceLimit(int resource, ulong* limit);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Prctl(int option, nint second, nint third, nint fourth, nint fifth);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint first, nint second, nint third);

    /// <summary><c>struct sock_filter</c>.</summary>
    private readonly struct Instruction(ushort code, byte jumpTrue, byte jumpFalse, uint operand)
    {
        public readonly ushort Code = code;
        public readonly byte JumpTrue = jumpTrue;
        public readonly byte JumpFalse = jumpFalse;
        public readonly uint Operand = operand;
    }

    /// <summary><c>struct sock_fprog</c>.</summary>
    private struct FilterProgram
    {
        public ushort Length;
        public Instruction* Filter;
    }
}
