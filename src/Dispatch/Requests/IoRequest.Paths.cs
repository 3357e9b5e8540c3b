using System.Text;

namespace Dispatch;

/// <content>Requests on paths.</content>
public partial struct IoRequest
{
    /// <summary>
    /// Opens a file; the result is a descriptor, which the caller closes. <c>openat(2)</c>, <c>io_uring_prep_openat(3)</c>; Linux 5.6. Runs on a kernel worker unless the path is cached. Never for a FIFO without
    /// <see cref="OpenFlags.NonBlocking"/>: waiting for its peer would hold up a kernel worker for ever. <see cref="OpenFifo"/> is for that.
    /// </summary>
    /// <param name="path">The path, relative to <paramref name="directory"/>.</param>
    /// <param name="flags">How to open. Add <see cref="OpenFlags.CloseOnExec"/> unless children are to inherit it.</param>
    /// <param name="mode">The permissions of a file that is created.</param>
    /// <param name="directory">A directory; default the current one.</param>
    /// <returns>The request.</returns>
    public static IoRequest OpenAt(string path, OpenFlags flags, UnixFileMode mode = default, Descriptor? directory = null)
    {
        IoRequest request = On(Opcode.Openat, directory ?? Descriptor.CurrentDirectory);
        request.First = PathBytes(path);
        request.SetExtras(new RequestExtras { Subject = path });
        request.Entry.Length = (uint)mode;
        request.Entry.OperationFlags = (uint)flags;
        return request;
    }

    /// <summary>
    /// Opens a file, and says where its path may lead; the result is a descriptor, which the caller closes. <c>openat2(2)</c>, <c>io_uring_prep_openat2(3)</c>; Linux 5.6. What is said of <see cref="OpenAt"/> and FIFOs goes for it too.
    /// </summary>
    /// <param name="path">The path, relative to <paramref name="directory"/>.</param>
    /// <param name="how">How to open, and where the path may lead.</param>
    /// <param name="directory">A directory; default the current one.</param>
    /// <returns>The request.</returns>
    public static unsafe IoRequest OpenWith(string path, OpenHow how, Descriptor? directory = null)
    {
        IoUringRecords.OpenHow record = new() { Flags = (uint)how.Flags, Mode = (uint)how.Mode, Resolve = (uint)how.Resolve };
        IoRequest request = On(Opcode.Openat2, directory ?? Descriptor.CurrentDirectory);
        request.First = PathBytes(path);
        request.SetExtras(new RequestExtras { Second = new ReadOnlySpan<byte>(&record, sizeof(IoUringRecords.OpenHow)).ToArray(), Subject = path });
        request.Entry.Length = (uint)sizeof(IoUringRecords.OpenHow);
        return request;
    }

    /// <summary>Asks about a file. <c>statx(2)</c>, <c>io_uring_prep_statx(3)</c>; Linux 5.6. Runs on a kernel worker. <see cref="FileStatus.Parse"/> reads the answer.</summary>
    /// <param name="path">The path, relative to <paramref name="directory"/>; empty for <paramref name="directory"/> itself (any open file).</param>
    /// <param name="answer">Where the answer is written: 256 bytes, pinned from submit to completion.</param>
    /// <param name="followLinks">Whether a symbolic link at the end of the path is followed.</param>
    /// <param name="directory">A directory or an open file; default the current directory.</param>
    /// <returns>The request.</returns>
    public static IoRequest Status(string path, Memory<byte> answer, bool followLinks = true, Descriptor? directory = null)
    {
        if (answer.Length < FileStatus.RecordBytes)
        {
            throw new ArgumentException($"The answer needs {FileStatus.RecordBytes} bytes; {answer.Length} were given.", nameof(answer));
        }

        IoRequest request = On(Opcode.Statx, directory ?? Descriptor.CurrentDirectory);
        request.First = PathBytes(path, allowEmpty: true);
        request.SetExtras(new RequestExtras { Second = answer, Subject = path });
        request.Entry.Length = FileStatus.WantedMask;
        request.Entry.OperationFlags = (followLinks ? 0 : Libc.AT_SYMLINK_NOFOLLOW) | (path.Length == 0 ? Libc.AT_EMPTY_PATH : 0);
        return request;
    }

    /// <summary>Removes a name. <c>unlinkat(2)</c>, <c>io_uring_prep_unlinkat(3)</c>; Linux 5.11. Runs on a kernel worker.</summary>
    /// <param name="path">The path, relative to <paramref name="directory"/>.</param>
    /// <param name="isDirectory">Whether it is an empty directory.</param>
    /// <param name="directory">A directory; default the current one.</param>
    /// <returns>The request.</returns>
    public static IoRequest Unlink(string path, bool isDirectory = false, Descriptor? directory = null)
    {
        IoRequest request = On(Opcode.Unlinkat, directory ?? Descriptor.CurrentDirectory);
        request.First = PathBytes(path);
        request.SetExtras(new RequestExtras { Subject = path });
        request.Entry.OperationFlags = isDirectory ? Libc.AT_REMOVEDIR : 0;
        return request;
    }

    /// <summary>Renames. <c>renameat2(2)</c>, <c>io_uring_prep_renameat(3)</c>; Linux 5.11. Runs on a kernel worker.</summary>
    /// <param name="path">The present path, relative to <paramref name="directory"/>.</param>
    /// <param name="newPath">The new path, relative to <paramref name="newDirectory"/>.</param>
    /// <param name="flags">What to do when the new path exists.</param>
    /// <param name="directory">A directory; default the current one.</param>
    /// <param name="newDirectory">The new path's directory; default the current one.</param>
    /// <returns>The request.</returns>
    public static IoRequest Rename(string path, string newPath, RenameFlags flags = RenameFlags.None, Descriptor? directory = null, Descriptor? newDirectory = null)
    {
        IoRequest request = OnTwoPaths(Opcode.Renameat, path, newPath, directory, newDirectory);
        request.Entry.OperationFlags = (uint)flags;
        return request;
    }

    /// <summary>Makes a directory. <c>mkdirat(2)</c>, <c>io_uring_prep_mkdirat(3)</c>; Linux 5.15. Runs on a kernel worker.</summary>
    /// <param name="path">The path, relative to <paramref name="directory"/>.</param>
    /// <param name="mode">Its permissions, less the process's umask.</param>
    /// <param name="directory">A directory; default the current one.</param>
    /// <returns>The request.</returns>
    public static IoRequest MakeDirectory(string path, UnixFileMode mode, Descriptor? directory = null)
    {
        IoRequest request = On(Opcode.Mkdirat, directory ?? Descriptor.CurrentDirectory);
        request.First = PathBytes(path);
        request.SetExtras(new RequestExtras { Subject = path });
        request.Entry.Length = (uint)mode;
        return request;
    }

    /// <summary>Makes a symbolic link. <c>symlinkat(2)</c>, <c>io_uring_prep_symlinkat(3)</c>; Linux 5.15. EEXIST when there is such a name. Runs on a kernel worker.</summary>
    /// <param name="target">What the link says: a path, which need not exist.</param>
    /// <param name="path">The link's own path, relative to <paramref name="directory"/>.</param>
    /// <param name="directory">A directory; default the current one.</param>
    /// <returns>The request.</returns>
    public static IoRequest MakeSymbolicLink(string target, string path, Descriptor? directory = null)
    {
        IoRequest request = On(Opcode.Symlinkat, directory ?? Descriptor.CurrentDirectory);
        request.First = PathBytes(target);
        request.SetExtras(new RequestExtras { Second = PathBytes(path), Subject = path });
        return request;
    }

    /// <summary>Gives a file another name. <c>linkat(2)</c>, <c>io_uring_prep_linkat(3)</c>; Linux 5.15. EEXIST when there is such a name, EXDEV across file systems. Runs on a kernel worker.</summary>
    /// <param name="path">The present path, relative to <paramref name="directory"/>.</param>
    /// <param name="newPath">The new path, relative to <paramref name="newDirectory"/>.</param>
    /// <param name="followLinks">Whether a symbolic link at the end of the present path is followed; else the link itself gets the name.</param>
    /// <param name="directory">A directory; default the current one.</param>
    /// <param name="newDirectory">The new path's directory; default the current one.</param>
    /// <returns>The request.</returns>
    public static IoRequest MakeHardLink(string path, string newPath, bool followLinks = false, Descriptor? directory = null, Descriptor? newDirectory = null)
    {
        IoRequest request = OnTwoPaths(Opcode.Linkat, path, newPath, directory, newDirectory);
        request.Entry.OperationFlags = followLinks ? Libc.AT_SYMLINK_FOLLOW : 0;
        return request;
    }

    private static IoRequest OnTwoPaths(Opcode opcode, string path, string newPath, Descriptor? directory, Descriptor? newDirectory)
    {
        IoRequest request = On(opcode, directory ?? Descriptor.CurrentDirectory);
        request.First = PathBytes(path);
        request.SetExtras(new RequestExtras { Second = PathBytes(newPath), Subject = path });
        request.SetOther(newDirectory ?? Descriptor.CurrentDirectory);
        return request;
    }

    private static Memory<byte> PathBytes(string path, bool allowEmpty = false)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0 && !allowEmpty)
        {
            throw new ArgumentException("The path is empty.", nameof(path));
        }

        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("The path contains a NUL character, at which the kernel would cut it off.", nameof(path));
        }

        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(path) + 1];
        Encoding.UTF8.GetBytes(path, bytes);
        return bytes;
    }
}
