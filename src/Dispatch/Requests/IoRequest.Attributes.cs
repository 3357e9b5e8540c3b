namespace Dispatch;

/// <content>Extended attributes.</content>
public partial struct IoRequest
{
    /// <summary>
    /// Reads an extended attribute of an open file; the result is its length in bytes. <c>fgetxattr(2)</c>, <c>io_uring_prep_fgetxattr(3)</c>; Linux 5.19. ENODATA when there is none, ERANGE when there is not enough room, EOPNOTSUPP where the file system has none. Runs on a
    /// kernel worker.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="name">The name with its namespace, such as <c>user.origin</c>.</param>
    /// <param name="value">Where to; pinned from submit to completion. When empty, only the length is told.</param>
    /// <returns>The request.</returns>
    public static IoRequest GetExtendedAttribute(Descriptor file, string name, Memory<byte> value) => OnAttribute(On(Opcode.Fgetxattr, file), name, value, null);

    /// <summary>
    /// Reads an extended attribute of the file that a path leads to; the result is its length in bytes. <c>getxattr(2)</c>, <c>io_uring_prep_getxattr(3)</c>; Linux 5.19. Errors as with <see cref="GetExtendedAttribute"/>, and those of the path. Runs on a kernel worker.
    /// </summary>
    /// <param name="path">The path, relative to the current directory; a symbolic link at its end is followed.</param>
    /// <param name="name">The name with its namespace.</param>
    /// <param name="value">Where to; pinned from submit to completion. When empty, only the length is told.</param>
    /// <returns>The request.</returns>
    public static IoRequest GetExtendedAttributeOf(string path, string name, Memory<byte> value) => OnAttribute(On(Opcode.Getxattr), name, value, path);

    /// <summary>
    /// Sets an extended attribute of an open file. <c>fsetxattr(2)</c>, <c>io_uring_prep_fsetxattr(3)</c>; Linux 5.19. ENOSPC or E2BIG when it is too long, EOPNOTSUPP where the file system has none. Runs on a kernel worker.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="name">The name with its namespace.</param>
    /// <param name="value">The value; pinned from submit to completion.</param>
    /// <param name="flags">What to do when it exists, or does not.</param>
    /// <returns>The request.</returns>
    public static IoRequest SetExtendedAttribute(Descriptor file, string name, ReadOnlyMemory<byte> value, ExtendedAttributeFlags flags = ExtendedAttributeFlags.None)
    {
        IoRequest request = OnAttribute(On(Opcode.Fsetxattr, file), name, AsPinnable(value), null);
        request.Entry.OperationFlags = (uint)flags;
        return request;
    }

    /// <summary>
    /// Sets an extended attribute of the file that a path leads to. <c>setxattr(2)</c>, <c>io_uring_prep_setxattr(3)</c>; Linux 5.19. Errors as with <see cref="SetExtendedAttribute"/>, and those of the path. Runs on a kernel worker.
    /// </summary>
    /// <param name="path">The path, relative to the current directory; a symbolic link at its end is followed.</param>
    /// <param name="name">The name with its namespace.</param>
    /// <param name="value">The value; pinned from submit to completion.</param>
    /// <param name="flags">What to do when it exists, or does not.</param>
    /// <returns>The request.</returns>
    public static IoRequest SetExtendedAttributeOf(string path, string name, ReadOnlyMemory<byte> value, ExtendedAttributeFlags flags = ExtendedAttributeFlags.None)
    {
        IoRequest request = OnAttribute(On(Opcode.Setxattr), name, AsPinnable(value), path);
        request.Entry.OperationFlags = (uint)flags;
        return request;
    }

    private static IoRequest OnAttribute(IoRequest request, string name, Memory<byte> value, string? path)
    {
        request.First = PathBytes(name);
        request.SetExtras(new RequestExtras { Second = value, Third = path is null ? default : PathBytes(path), Subject = path });
        request.Entry.Length = (uint)value.Length;
        return request;
    }
}
