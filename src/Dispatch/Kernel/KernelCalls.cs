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

    private static int Result(int result) => result >= 0 ? result : -LibC.errno;
}
