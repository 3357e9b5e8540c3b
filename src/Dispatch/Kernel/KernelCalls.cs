using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace Dispatch;

/// <summary>
/// The system calls that the core makes beside its ring, because they never wait: sockets' set-up and names, a descriptor's mode and length, reads of what is cached, and the close where the ring is gone. They belong to the same kernel as
/// the ring does, so a simulated kernel brings its own. Addresses are in the kernel's layout; failures are negative errnos. Any thread.
/// </summary>
internal unsafe class KernelCalls
{
    /// <summary>Gets the calls of the system.</summary>
    public static KernelCalls Real { get; } = new();

    /// <summary><c>socket(2)</c>.</summary>
    public virtual int Socket(int domain, int type, int protocol) => Result(LibC.socket(domain, type, protocol));

    /// <summary><c>setsockopt(2)</c>.</summary>
    public virtual int SetOption(int descriptor, int level, int option, void* value, int bytes) => Result(LibC.setsockopt(descriptor, level, option, value, (uint)bytes));

    /// <summary><c>getsockopt(2)</c>. Returns the number of bytes of the value.</summary>
    public virtual int GetOption(int descriptor, int level, int option, void* value, int bytes)
    {
        socklen_t length = (uint)bytes;
        return LibC.getsockopt(descriptor, level, option, value, &length) == 0 ? (int)(uint)length : -LibC.errno;
    }

    /// <summary><c>bind(2)</c>.</summary>
    public virtual int Bind(int descriptor, byte* address, int bytes) => Result(LibC.bind(descriptor, (sockaddr*)address, (uint)bytes));

    /// <summary><c>listen(2)</c>.</summary>
    public virtual int Listen(int descriptor, int backlog) => Result(LibC.listen(descriptor, backlog));

    /// <summary><c>getsockname(2)</c> or, of the peer, <c>getpeername(2)</c>. Returns the number of bytes of the address.</summary>
    public virtual int GetName(int descriptor, bool ofPeer, byte* address, int bytes)
    {
        socklen_t length = (uint)bytes;
        int result = ofPeer ? LibC.getpeername(descriptor, (sockaddr*)address, &length) : LibC.getsockname(descriptor, (sockaddr*)address, &length);
        return result == 0 ? (int)(uint)length : -LibC.errno;
    }

    /// <summary><c>close(2)</c>.</summary>
    public virtual int Close(int descriptor) => Result(LibC.close(descriptor));

    /// <summary>The flags that a descriptor was opened with: <c>fcntl(2)</c>, F_GETFL.</summary>
    public virtual int GetFlags(int descriptor) => Result(LibC.fcntl(descriptor, LibC.F_GETFL, 0));

    /// <summary>Sets the flags that can be changed of an open descriptor: <c>fcntl(2)</c>, F_SETFL.</summary>
    public virtual int SetFlags(int descriptor, int flags) => Result(LibC.fcntl(descriptor, LibC.F_SETFL, flags));

    /// <summary><c>sendfile(2)</c> from an offset. May wait for the device of the file; does not wait for a socket that does not block.</summary>
    public virtual long SendFile(int socket, int file, long offset, long bytes) => SystemCall.Run(SystemCall.SendFile, socket, file, (long)&offset, bytes);

    /// <summary><c>ftruncate(2)</c>.</summary>
    public virtual int SetLength(int descriptor, long length) => Result(LibC.ftruncate(descriptor, length));

    /// <summary>Reads what the page cache holds, and never waits: <c>preadv2(2)</c> with RWF_NOWAIT. −EAGAIN when the first byte is not there, −EOPNOTSUPP when the file system cannot say, fewer bytes where the rest is not there.</summary>
    public virtual int ReadCached(int descriptor, byte* buffer, int bytes, long offset)
    {
        AioAbi.Piece piece = new() { Address = (ulong)buffer, Length = (ulong)bytes };
        return (int)SystemCall.Run(SystemCall.ReadVector, descriptor, (long)&piece, 1, offset, 0, AioAbi.RWF_NOWAIT);
    }

    /// <summary>The length of an open file. Throws what .NET throws of it.</summary>
    public virtual long GetLength(int descriptor)
    {
        using SafeFileHandle handle = new(descriptor, ownsHandle: false);
        return RandomAccess.GetLength(handle);
    }

    /// <summary>Reads what is there from a descriptor that does not wait (an inotify's): <c>read(2)</c>.</summary>
    public virtual int ReadNow(int descriptor, Span<byte> destination)
    {
        fixed (byte* start = destination)
        {
            long result;
            do
            {
                result = SystemCall.Run(SystemCall.ReadPlain, descriptor, (long)start, destination.Length);
            }
            while (result == -Errno.EINTR);
            return (int)result;
        }
    }

    /// <summary><c>inotify_init1(2)</c>, for reading without waiting.</summary>
    public virtual int CreateWatcher() => (int)SystemCall.Run(SystemCall.InotifyCreate, InotifyAbi.IN_NONBLOCK | InotifyAbi.IN_CLOEXEC);

    /// <summary><c>inotify_add_watch(2)</c>.</summary>
    public virtual int AddWatch(int watcher, string path, uint mask)
    {
        byte[] bytes = new byte[System.Text.Encoding.UTF8.GetMaxByteCount(path.Length) + 1];
        System.Text.Encoding.UTF8.GetBytes(path, bytes);
        fixed (byte* start = bytes)
        {
            return (int)SystemCall.Run(SystemCall.InotifyAdd, watcher, (long)start, mask);
        }
    }

    /// <summary><c>inotify_rm_watch(2)</c>.</summary>
    public virtual int RemoveWatch(int watcher, int watch) => (int)SystemCall.Run(SystemCall.InotifyRemove, watcher, watch);

    /// <summary><c>pidfd_open(2)</c>.</summary>
    public virtual int OpenProcess(int processId) => (int)SystemCall.Run(SystemCall.ProcessOpen, processId);

    /// <summary><c>pidfd_send_signal(2)</c>.</summary>
    public virtual int SignalProcess(int process, int signal) => (int)SystemCall.Run(SystemCall.ProcessSignal, process, signal);

    /// <summary>How an ended process has ended: <c>waitid(2)</c> and, when somebody has reaped it already, PIDFD_GET_INFO (Linux 6.15). Returns the raw wait status; a negative errno when it cannot be known.</summary>
    public virtual long WaitProcess(int process, bool reap)
    {
        ProcessAbi.SignalInfo info = default;
        long result = SystemCall.Run(SystemCall.ProcessWait, ProcessAbi.P_PIDFD, process, (long)&info, ProcessAbi.WEXITED | ProcessAbi.WNOHANG | (reap ? 0 : ProcessAbi.WNOWAIT));
        if (result == 0)
        {
            return info.ProcessId == 0 ? -Errno.EAGAIN : info.Code == ProcessAbi.CLD_EXITED ? (long)(info.Status & 0xff) << 8 : (uint)info.Status | (info.Code == ProcessAbi.CLD_DUMPED ? 0x80u : 0);
        }

        ProcessAbi.PidfdInfo known = new() { Mask = ProcessAbi.PIDFD_INFO_EXIT };
        long told = SystemCall.Run(SystemCall.DeviceControl, process, (long)ProcessAbi.PIDFD_GET_INFO, (long)&known);
        return told == 0 && (known.Mask & ProcessAbi.PIDFD_INFO_EXIT) != 0 ? (uint)known.ExitCode : result;
    }

    /// <summary>What a descriptor is open on, in <see cref="FileStatus.RecordBytes"/> of the kernel's layout: <c>statx(2)</c>.</summary>
    public virtual int GetStatus(int descriptor, Span<byte> record)
    {
        const uint BasicStatistics = 0x7ff;
        byte nothing = 0;
        fixed (byte* start = record)
        {
            return (int)SystemCall.Run(SystemCall.Status, descriptor, (long)&nothing, Libc.AT_EMPTY_PATH, BasicStatistics, (long)start);
        }
    }

    /// <summary>Throws where there are no processes.</summary>
    public virtual void VerifyProcesses(string what)
    {
    }

    private static int Result(int result) => result >= 0 ? result : -LibC.errno;
}
