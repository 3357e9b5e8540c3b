namespace Dispatch.Conformance.Files;

/// <summary>Requests on paths.</summary>
public sealed class PathTests : KernelTests
{
    private const UnixFileMode Folder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Theory]
    [EveryKernel]
    public void What_is_missing_in_the_way_and_there_already_are_told_apart(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("f", [1]);
        Assert.Equal(-Errno.ENOENT, await w.Do(IoRequest.OpenAt(w["none"], OpenFlags.ReadOnly)));
        Assert.Equal(-Errno.ENOENT, await w.Do(IoRequest.OpenAt(w["none/none"], OpenFlags.ReadOnly)));
        Assert.Equal(-Errno.ENOTDIR, await w.Do(IoRequest.OpenAt(w["f/none"], OpenFlags.ReadOnly)));
        Assert.Equal(-Errno.EEXIST, await w.Do(IoRequest.OpenAt(w["f"], OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive)));
        Assert.Equal(0, await w.Do(IoRequest.MakeDirectory(w["d"], Folder)));
        Assert.Equal(-Errno.EISDIR, await w.Do(IoRequest.OpenAt(w["d"], OpenFlags.WriteOnly)));
        FileNotFoundException missing = await Assert.ThrowsAsync<FileNotFoundException>(async () => await w.Loop.ExecuteAsync(IoRequest.OpenAt(w["none"], OpenFlags.ReadOnly)));
        Assert.Contains(w["none"], missing.Message, StringComparison.Ordinal);
        await Clear(w, "d", "f");
    });

    [Theory]
    [EveryKernel]
    public void An_open_truncates_when_asked_and_keeps_the_content_otherwise(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("f", "content"u8.ToArray());
        await w.Close(await w.Open("f", OpenFlags.ReadWrite | OpenFlags.Create));
        Assert.Equal("content"u8.ToArray(), await w.ReadAll("f"));
        await w.Close(await w.Open("f", OpenFlags.ReadWrite | OpenFlags.Truncate));
        Assert.Empty(await w.ReadAll("f"));
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.MakeDirectory))]
    public void A_directory_is_made_once_and_holds_files_by_its_descriptor(TestedKernel kernel) => Run(kernel, async w =>
    {
        Assert.Equal(0, await w.Do(IoRequest.MakeDirectory(w["d"], Folder)));
        Assert.Equal(-Errno.EEXIST, await w.Do(IoRequest.MakeDirectory(w["d"], Folder)));
        Assert.Equal(-Errno.ENOENT, await w.Do(IoRequest.MakeDirectory(w["none/d"], Folder)));
        int directory = await w.Open("d", OpenFlags.ReadOnly);
        Assert.Equal(0, await w.Do(IoRequest.MakeDirectory("inner", Folder, directory)));
        int file = await w.Do(IoRequest.OpenAt("inner/f", OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.CloseOnExec, UnixFileMode.UserRead | UnixFileMode.UserWrite, directory));
        Assert.Equal(2, await w.Do(IoRequest.Write(file, "in"u8.ToArray(), 0)));
        Assert.Equal("in"u8.ToArray(), await w.ReadAll("d/inner/f"));
        Assert.Equal(-Errno.EISDIR, await w.Do(IoRequest.Read(directory, new byte[1], 0)));
        Assert.Equal(-Errno.ENOTDIR, await w.Do(IoRequest.OpenAt("x", OpenFlags.ReadOnly, default, file)));
        await w.Close(file, directory);
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.Rename))]
    public void A_rename_moves_replaces_refuses_and_exchanges(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("a", "a"u8.ToArray());
        await w.File("b", "b"u8.ToArray());
        await w.File("c", "c"u8.ToArray());
        Assert.Equal(-Errno.EEXIST, await w.Do(IoRequest.Rename(w["a"], w["b"], RenameFlags.NoReplace)));
        Assert.Equal(0, await w.Do(IoRequest.Rename(w["a"], w["b"], RenameFlags.Exchange)));
        Assert.Equal("b"u8.ToArray(), await w.ReadAll("a"));
        Assert.Equal("a"u8.ToArray(), await w.ReadAll("b"));
        Assert.Equal(0, await w.Do(IoRequest.Rename(w["c"], w["b"])));
        Assert.Equal("c"u8.ToArray(), await w.ReadAll("b"));
        Assert.Equal(-Errno.ENOENT, await w.Do(IoRequest.Rename(w["c"], w["d"])));
        Assert.Equal(-Errno.ENOENT, await w.Do(IoRequest.Rename(w["a"], w["c"], RenameFlags.Exchange)));
        Assert.Equal(0, await w.Do(IoRequest.Rename(w["a"], w["d"], RenameFlags.NoReplace)));
        Assert.Equal("b"u8.ToArray(), await w.ReadAll("d"));
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.Unlink))]
    public void An_unlink_takes_a_name_and_leaves_an_open_file(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("f", "still"u8.ToArray());
        int file = await w.Open("f", OpenFlags.ReadOnly);
        Assert.Equal(0, await w.Do(IoRequest.Unlink(w["f"])));
        Assert.Equal(-Errno.ENOENT, await w.Do(IoRequest.Unlink(w["f"])));
        Assert.Equal("still"u8.ToArray(), await w.ReadAll(file));
        await w.Close(file);
        Assert.Equal(0, await w.Do(IoRequest.MakeDirectory(w["d"], Folder)));
        await w.File("d/f", []);
        Assert.Equal(-Errno.EISDIR, await w.Do(IoRequest.Unlink(w["d"])));
        Assert.Equal(-Errno.ENOTEMPTY, await w.Do(IoRequest.Unlink(w["d"], isDirectory: true)));
        Assert.Equal(-Errno.ENOTDIR, await w.Do(IoRequest.Unlink(w["d/f"], isDirectory: true)));
        Assert.Equal(0, await w.Do(IoRequest.Unlink(w["d/f"])));
        Assert.Equal(0, await w.Do(IoRequest.Unlink(w["d"], isDirectory: true)));
        Assert.Equal(-Errno.ENOENT, await w.Do(IoRequest.OpenAt(w["d"], OpenFlags.ReadOnly)));
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.Status))]
    public void A_status_tells_length_kind_and_mode_by_path_and_by_descriptor(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("f", new byte[12_345]);
        byte[] record = new byte[FileStatus.RecordBytes];
        Assert.Equal(0, await w.Do(IoRequest.Status(w["f"], record)));
        FileStatus byPath = FileStatus.Parse(record);
        Assert.Equal((12_345L, FileKind.Regular, 1), (byPath.Length, byPath.Kind, byPath.LinkCount));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, byPath.Mode);
        int file = await w.Open("f", OpenFlags.ReadWrite);
        Assert.Equal(0, await w.Do(IoRequest.SetLength(file, 5)));
        Assert.Equal(0, await w.Do(IoRequest.Status(string.Empty, record, directory: file)));
        FileStatus byDescriptor = FileStatus.Parse(record);
        Assert.Equal((5L, byPath.Inode), (byDescriptor.Length, byDescriptor.Inode));
        Assert.Equal(0, await w.Do(IoRequest.MakeDirectory(w["d"], Folder)));
        Assert.Equal(0, await w.Do(IoRequest.Status(w["d"], record)));
        Assert.Equal(FileKind.Directory, FileStatus.Parse(record).Kind);
        Assert.Equal(-Errno.ENOENT, await w.Do(IoRequest.Status(w["none"], record)));
        await w.Close(file);
    });

    private static async Task Clear(World w, string directory, string file)
    {
        Assert.Equal(0, await w.Do(IoRequest.Unlink(w[directory], isDirectory: true)));
        Assert.Equal(0, await w.Do(IoRequest.Unlink(w[file])));
    }
}
