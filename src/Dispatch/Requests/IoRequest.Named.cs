using System.Buffers.Binary;

namespace Dispatch;

/// <content>System calls that no ring has, by name. Workers of the loop make them; a cancel interrupts those that wait.</content>
public partial struct IoRequest
{
    private const int LockRecordBytes = 32; // struct flock

    /// <summary>
    /// Opens a FIFO, a terminal, or another file whose open may wait for ever: by a worker of the loop, so that no kernel worker is held up. A cancel ends the wait. The result is a descriptor, which the caller closes. <c>openat(2)</c>,
    /// <c>fifo(7)</c>.
    /// </summary>
    /// <param name="path">The path, relative to <paramref name="directory"/>.</param>
    /// <param name="flags">How to open. Add <see cref="OpenFlags.CloseOnExec"/> unless children are to inherit it.</param>
    /// <param name="mode">The permissions of a file that is created.</param>
    /// <param name="directory">A directory; default the current one.</param>
    /// <returns>The request.</returns>
    public static IoRequest OpenFifo(string path, OpenFlags flags, UnixFileMode mode = default, Descriptor? directory = null)
    {
        IoRequest request = OnCall(SystemCall.Open, directory ?? Descriptor.CurrentDirectory);
        request.SetMemory(1, PathBytes(path));
        request.SetExtras(new RequestExtras { Subject = path });
        return request.With((2, (long)flags), (3, (long)mode));
    }

    /// <summary>Reads entries of a directory; the result is their bytes, 0 at the end. <c>getdents64(2)</c>: records of <c>struct linux_dirent64</c>. Works on a directory's own position, so one at a time.</summary>
    /// <param name="directory">The directory, open for reading.</param>
    /// <param name="entries">Where to; pinned from submit to completion.</param>
    /// <returns>The request.</returns>
    public static IoRequest ReadDirectory(Descriptor directory, Memory<byte> entries)
    {
        IoRequest request = OnCall(SystemCall.GetEntries, directory);
        request.SetMemory(1, entries);
        return request.With((2, entries.Length));
    }

    /// <summary>Locks a file, or gives the lock back: the lock of an open file, shared by what was duplicated from it. <c>flock(2)</c>. Without waiting a lock that somebody has is EAGAIN.</summary>
    /// <param name="file">The file.</param>
    /// <param name="mode">Which lock.</param>
    /// <param name="wait">Whether to wait for whoever has it.</param>
    /// <returns>The request.</returns>
    public static IoRequest Lock(Descriptor file, FileLock mode, bool wait = true)
    {
        const int NotBlocking = 4; // LOCK_NB
        int operation = mode switch
        {
            FileLock.Shared => 1,
            FileLock.Exclusive => 2,
            FileLock.Unlock => 8,
            _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, null),
        };
        return OnCall(SystemCall.LockFile, file).With((1, operation | (wait ? 0 : NotBlocking)));
    }

    /// <summary>
    /// Locks a part of a file, or gives it back: an open file description lock, which belongs to the open file and not to the process. <c>fcntl_locking(2)</c>, F_OFD_SETLKW; Linux 3.15. Without waiting a lock that somebody has is
    /// EAGAIN.
    /// </summary>
    /// <param name="file">The file: open for reading for a shared lock, for writing for an exclusive one.</param>
    /// <param name="mode">Which lock.</param>
    /// <param name="offset">Where it begins, in bytes.</param>
    /// <param name="length">Its length in bytes; 0 to the end of the file, however far that will be.</param>
    /// <param name="wait">Whether to wait for whoever has it.</param>
    /// <returns>The request.</returns>
    public static IoRequest LockRange(Descriptor file, FileLock mode, long offset, long length, bool wait = true)
    {
        const int SetLock = 37; // F_OFD_SETLK
        const int SetLockWait = 38; // F_OFD_SETLKW
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        short type = mode switch
        {
            FileLock.Shared => 0, // F_RDLCK
            FileLock.Exclusive => 1, // F_WRLCK
            FileLock.Unlock => 2, // F_UNLCK
            _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, null),
        };
        byte[] record = new byte[LockRecordBytes];
        BinaryPrimitives.WriteInt16LittleEndian(record, type);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(8), offset);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(16), length);
        IoRequest request = OnCall(SystemCall.Control, file);
        request.SetMemory(2, record);
        return request.With((1, wait ? SetLockWait : SetLock));
    }

    /// <summary>Asks a driver to do something. <c>ioctl(2)</c>.</summary>
    /// <param name="target">A device, a socket, a file.</param>
    /// <param name="operation">The driver's number for it.</param>
    /// <param name="argument">What the driver reads or writes; pinned from submit to completion.</param>
    /// <returns>The request.</returns>
    public static IoRequest DeviceControl(Descriptor target, uint operation, Memory<byte> argument)
    {
        IoRequest request = OnCall(SystemCall.DeviceControl, target);
        request.SetMemory(2, argument);
        return request.With((1, operation));
    }

    /// <summary>Asks a driver to do something, with a number or an address for argument. <c>ioctl(2)</c>.</summary>
    /// <param name="target">A device, a socket, a file.</param>
    /// <param name="operation">The driver's number for it.</param>
    /// <param name="argument">The argument; memory that it names stays in place until the completion.</param>
    /// <returns>The request.</returns>
    public static IoRequest DeviceControl(Descriptor target, uint operation, nint argument) => OnCall(SystemCall.DeviceControl, target).With((1, operation), (2, argument));

    /// <summary>Copies from a file to any descriptor within the kernel; may copy less. <c>sendfile(2)</c>. It can wait for a peer, on a worker of the loop.</summary>
    /// <param name="output">Where to: a socket, a pipe, a file.</param>
    /// <param name="input">Where from: a file.</param>
    /// <param name="offset">The offset in bytes to read at; −1 reads at, and moves, the file's own position.</param>
    /// <param name="length">Bytes at most.</param>
    /// <returns>The request.</returns>
    public static IoRequest SendFile(Descriptor output, Descriptor input, long offset, long length)
    {
        IoRequest request = OnCall(SystemCall.SendFile, output, input);
        if (offset >= 0)
        {
            request.SetMemory(2, Number(offset));
        }

        return request.With((3, length));
    }

    /// <summary>Copies from one file to another within the kernel, or has them share the blocks; may copy less, and 0 bytes at the end. <c>copy_file_range(2)</c>; Linux 4.5.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="sourceOffset">The offset in bytes to read at.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="destinationOffset">The offset in bytes of the copy.</param>
    /// <param name="length">Bytes at most.</param>
    /// <returns>The request.</returns>
    public static IoRequest CopyRange(Descriptor source, long sourceOffset, Descriptor destination, long destinationOffset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sourceOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(destinationOffset);
        IoRequest request = OnCall(SystemCall.CopyRange, source);
        ref CallEntry call = ref CallEntry.Of(ref request.Entry);
        call.A2 = destination.ForCall().Number;
        if (destination.Owner is not null)
        {
            call.SetPlace(CallReference.SecondTarget, 2);
        }

        call.SetPlace(CallReference.Second, 3);
        call.A4 = length;
        request.SetMemory(1, Number(sourceOffset));
        request.SetExtras(new RequestExtras { Second = Number(destinationOffset), OtherTarget = destination.Owner });
        return request;
    }

    /// <summary>Fills memory with random bytes of the kernel. <c>getrandom(2)</c>; Linux 3.17.</summary>
    /// <param name="buffer">Where to; pinned from submit to completion. More than 256 bytes may be cut short.</param>
    /// <returns>The request.</returns>
    public static IoRequest GetRandom(Memory<byte> buffer)
    {
        IoRequest request = OnCall(SystemCall.GetRandom, allowUnsafe: false);
        request.SetMemory(0, buffer);
        return request.With((1, buffer.Length));
    }

    /// <summary>Waits until everything that was written to any file system is on its device. <c>sync(2)</c>. It cannot be interrupted.</summary>
    /// <returns>The request.</returns>
    public static IoRequest SyncAll() => OnCall(SystemCall.SyncAll, allowUnsafe: false);

    /// <summary>Waits until everything that was written to a file system is on its device. <c>syncfs(2)</c>. It cannot be interrupted.</summary>
    /// <param name="file">Any file on it.</param>
    /// <returns>The request.</returns>
    public static IoRequest SyncFileSystem(Descriptor file) => OnCall(SystemCall.SyncFileSystem, file);

    /// <summary>Has a part of a file read into the page cache. <c>readahead(2)</c>. It completes when the reads have been begun, and not when the data is there.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where it begins, in bytes.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <returns>The request.</returns>
    public static IoRequest Readahead(Descriptor file, long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return OnCall(SystemCall.Readahead, file).With((1, offset), (2, length));
    }

    /// <summary>Makes a file in memory that has no path; the result is its descriptor, closed in children. <c>memfd_create(2)</c>; Linux 3.17.</summary>
    /// <param name="name">A name for reports, up to 249 bytes.</param>
    /// <param name="allowSealing">Whether seals may be set on it.</param>
    /// <returns>The request.</returns>
    public static IoRequest CreateMemoryFile(string name, bool allowSealing = false)
    {
        const int CloseOnExec = 1; // MFD_CLOEXEC
        const int AllowSealing = 2; // MFD_ALLOW_SEALING
        ArgumentNullException.ThrowIfNull(name);
        IoRequest request = OnCall(SystemCall.CreateMemoryFile, allowUnsafe: false);
        request.SetMemory(0, PathBytes(name, allowEmpty: true));
        return request.With((1, CloseOnExec | (allowSealing ? AllowSealing : 0)));
    }

    /// <summary>Copies memory of a process; may copy less where a part of it is not there, and fails with EFAULT where nothing is. <c>process_vm_readv(2)</c>; Linux 3.2.</summary>
    /// <param name="process">The process, which may be this one; another one takes the right to trace it (EPERM).</param>
    /// <param name="address">Where from, in that process.</param>
    /// <param name="buffer">Where to; pinned from submit to completion.</param>
    /// <returns>The request.</returns>
    public static IoRequest ReadProcessMemory(int process, nint address, Memory<byte> buffer)
    {
        byte[] remote = new byte[16]; // struct iovec
        BinaryPrimitives.WriteInt64LittleEndian(remote, address);
        BinaryPrimitives.WriteInt64LittleEndian(remote.AsSpan(8), buffer.Length);
        IoRequest request = OnCall(SystemCall.ReadProcess, allowUnsafe: false);
        ref CallEntry call = ref CallEntry.Of(ref request.Entry);
        call.SetPlace(CallReference.First, 1); // The vector's address.
        call.SetPlace(CallReference.Second, 3);
        request.SetExtras(new RequestExtras { Vector = [buffer], Second = remote });
        return request.With((0, process), (2, 1), (4, 1));
    }

    private static Memory<byte> Number(long value)
    {
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }

    /// <summary>A call whose first argument is a descriptor, and the second perhaps as well.</summary>
    private static IoRequest OnCall(long number, Descriptor target, Descriptor? second = null)
    {
        IoRequest request = OnCall(number, allowUnsafe: false);
        ref CallEntry call = ref CallEntry.Of(ref request.Entry);
        call.A0 = target.ForCall().Number;
        request.Target = target.Owner;
        if (target.Owner is not null)
        {
            call.SetPlace(CallReference.Target, 0);
        }

        if (second is { } other)
        {
            call.A1 = other.ForCall().Number;
            if (other.Owner is not null)
            {
                call.SetPlace(CallReference.SecondTarget, 1);
                request.SetExtras(new RequestExtras { OtherTarget = other.Owner });
            }
        }

        return request;
    }

    private void SetMemory(int argument, Memory<byte> memory)
    {
        First = memory;
        CallEntry.Of(ref Entry).SetPlace(CallReference.First, argument);
    }

    private readonly IoRequest With(params ReadOnlySpan<(int Argument, long Value)> arguments)
    {
        IoRequest copy = this;
        foreach ((int argument, long value) in arguments)
        {
            CallEntry.Of(ref copy.Entry).Argument(argument) = value;
        }

        return copy;
    }
}
