using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Dispatch.Tests;

/// <summary>Requests on files and paths: each does what its name says, checked with the framework's own file API.</summary>
public sealed class FileRequestTests
{
    [Fact]
    public void An_open_gives_a_descriptor_that_reads_the_file_and_a_close_ends_it() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllText(folder["f"], "hello");
        int number = await loop.ExecuteAsync(IoRequest.OpenAt(folder["f"], OpenFlags.ReadOnly | OpenFlags.CloseOnExec));
        byte[] buffer = new byte[16];

        Assert.Equal(5, await loop.ExecuteAsync(IoRequest.Read(number, buffer, 0)));
        Assert.Equal("hello", Encoding.ASCII.GetString(buffer, 0, 5));
        Assert.Equal(0, await loop.ExecuteAsync(IoRequest.Close(number)));
        Assert.Equal(-Errno.EBADF, (await loop.CompleteAsync(IoRequest.Read(number, buffer, 0))).Result);
    });

    [Fact]
    public void An_open_creates_with_the_mode_and_relative_to_the_directory() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        int directory = await loop.ExecuteAsync(IoRequest.OpenAt(folder.Path, OpenFlags.ReadOnly | OpenFlags.CloseOnExec));
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        int number = await loop.ExecuteAsync(IoRequest.OpenAt("made", OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.CloseOnExec, mode, directory));

        Assert.True(File.Exists(folder["made"]));
        Assert.Equal(mode, File.GetUnixFileMode(folder["made"]));
        await loop.ExecuteAsync(IoRequest.Close(number));
        await loop.ExecuteAsync(IoRequest.Close(directory));
    });

    [Fact]
    public void A_missing_file_and_a_missing_folder_are_told_apart() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        FileNotFoundException file = await Assert.ThrowsAsync<FileNotFoundException>(async () => await loop.ExecuteAsync(IoRequest.OpenAt(folder["none"], OpenFlags.ReadOnly)));
        Assert.Contains(folder["none"], file.Message, StringComparison.Ordinal);
        Assert.Contains("ENOENT", file.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<DirectoryNotFoundException>(async () => await loop.ExecuteAsync(IoRequest.OpenAt(folder["none/none"], OpenFlags.ReadOnly)));
    });

    [Fact]
    public void A_path_with_a_NUL_or_of_no_length_is_refused_before_it_reaches_the_kernel()
    {
        Assert.Throws<ArgumentException>(() => IoRequest.OpenAt("a\0b", OpenFlags.ReadOnly));
        Assert.Throws<ArgumentException>(() => IoRequest.Unlink(string.Empty));
    }

    [Fact]
    public void A_write_is_in_the_file_and_a_read_brings_it_back() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        using SafeFileHandle file = File.OpenHandle(folder["f"], FileMode.Create, FileAccess.ReadWrite);
        byte[] data = Encoding.ASCII.GetBytes("0123456789");

        Assert.Equal(10, await loop.ExecuteAsync(IoRequest.Write(file, data, 5)));
        Assert.Equal(15, new FileInfo(folder["f"]).Length);
        byte[] buffer = new byte[32];
        Assert.Equal(15, await loop.ExecuteAsync(IoRequest.Read(file, buffer, 0)));
        Assert.Equal("\0\0\0\0\00123456789", Encoding.ASCII.GetString(buffer, 0, 15));
        Assert.Equal(0, await loop.ExecuteAsync(IoRequest.Read(file, buffer, 15)));
    });

    [Fact]
    public void A_read_at_minus_1_moves_the_files_own_position() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        byte[] buffer = new byte[4];
        ValueTask<int> read = loop.ExecuteAsync(IoRequest.Read(pipe.ReadEnd, buffer, -1));
        pipe.Write(9, 8, 7);

        Assert.Equal(3, await read);
        Assert.Equal([9, 8, 7, 0], buffer);
    });

    [Fact]
    public void A_vector_is_filled_and_written_in_order() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        using SafeFileHandle file = File.OpenHandle(folder["f"], FileMode.Create, FileAccess.ReadWrite);
        ReadOnlyMemory<byte>[] pieces = [new byte[] { 1, 2 }, new byte[] { 3 }, new byte[] { 4, 5, 6 }];
        Assert.Equal(6, await loop.ExecuteAsync(IoRequest.WriteVector(file, pieces, 0)));

        byte[] first = new byte[1];
        byte[] second = new byte[5];
        Memory<byte>[] targets = [first, second];
        Assert.Equal(6, await loop.ExecuteAsync(IoRequest.ReadVector(file, targets, 0)));
        Assert.Equal([1], first);
        Assert.Equal([2, 3, 4, 5, 6], second);
    });

    [Fact]
    public void A_sync_succeeds_on_a_file_and_fails_on_a_pipe() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        using TestPipe pipe = new();
        using SafeFileHandle file = File.OpenHandle(folder["f"], FileMode.Create, FileAccess.ReadWrite);

        Assert.Equal(0, await loop.ExecuteAsync(IoRequest.Sync(file)));
        Assert.Equal(0, await loop.ExecuteAsync(IoRequest.Sync(file, dataOnly: true)));
        Assert.Equal(-Errno.EINVAL, (await loop.CompleteAsync(IoRequest.Sync(pipe.ReadEnd))).Result);
    });

    [Fact]
    public void An_allocation_makes_the_file_longer_and_a_hole_reads_as_zeroes() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllBytes(folder["f"], Enumerable.Repeat((byte)1, 16_384).ToArray());
        using SafeFileHandle file = File.OpenHandle(folder["f"], FileMode.Open, FileAccess.ReadWrite);

        await loop.ExecuteAsync(IoRequest.Allocate(file, 0, 100_000));
        Assert.Equal(100_000, RandomAccess.GetLength(file));
        await loop.ExecuteAsync(IoRequest.Allocate(file, 4096, 4096, FileAllocationMode.PunchHole | FileAllocationMode.KeepSize));
        byte[] all = new byte[16_384];
        RandomAccess.Read(file, all, 0);
        Assert.Equal(1, all[4095]);
        Assert.All(all[4096..8192], b => Assert.Equal(0, b));
        Assert.Equal(1, all[8192]);
    });

    [Fact]
    public void A_length_that_was_set_is_the_length() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllBytes(folder["f"], new byte[100]);
        using SafeFileHandle file = File.OpenHandle(folder["f"], FileMode.Open, FileAccess.ReadWrite);

        Assert.Equal(0, await loop.ExecuteAsync(IoRequest.SetLength(file, 40)));
        Assert.Equal(40, RandomAccess.GetLength(file));
        Assert.Equal(0, await loop.ExecuteAsync(IoRequest.SetLength(file, 5_000_000_000)));
        Assert.Equal(5_000_000_000, RandomAccess.GetLength(file));
    });

    [Fact]
    public void A_status_tells_size_and_kind_by_path_and_by_descriptor() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllBytes(folder["f"], new byte[321]);
        using SafeFileHandle file = File.OpenHandle(folder["f"]);
        byte[] answer = new byte[256];

        await loop.ExecuteAsync(IoRequest.Status(folder["f"], answer));
        Assert.Equal(321, FileStatus.Parse(answer).Length);
        Array.Clear(answer);
        await loop.ExecuteAsync(IoRequest.Status(string.Empty, answer, directory: file));
        Assert.Equal(321, FileStatus.Parse(answer).Length);
        await loop.ExecuteAsync(IoRequest.Status(folder.Path, answer));
        Assert.Equal(FileKind.Directory, FileStatus.Parse(answer).Kind);
    });

    [Fact]
    public void A_status_of_a_link_is_that_of_the_link_or_of_its_target() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllBytes(folder["f"], new byte[10]);
        File.CreateSymbolicLink(folder["l"], folder["f"]);
        byte[] answer = new byte[256];

        await loop.ExecuteAsync(IoRequest.Status(folder["l"], answer));
        Assert.Equal(FileKind.Regular, FileStatus.Parse(answer).Kind);
        await loop.ExecuteAsync(IoRequest.Status(folder["l"], answer, followLinks: false));
        Assert.Equal(FileKind.SymbolicLink, FileStatus.Parse(answer).Kind);
    });

    [Fact]
    public void Advice_is_taken_for_files_and_refused_for_pipes() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        using TestPipe pipe = new();
        File.WriteAllBytes(folder["f"], new byte[10_000]);
        using SafeFileHandle file = File.OpenHandle(folder["f"]);

        Assert.Equal(0, await loop.ExecuteAsync(IoRequest.Advise(file, FileAdvice.WillNeed)));
        Assert.Equal(-Errno.ESPIPE, (await loop.CompleteAsync(IoRequest.Advise(pipe.ReadEnd, FileAdvice.WillNeed))).Result);
    });

    [Fact]
    public void An_unlink_removes_a_file_and_only_when_told_so_a_directory() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllBytes(folder["f"], []);
        Directory.CreateDirectory(folder["d"]);

        await loop.ExecuteAsync(IoRequest.Unlink(folder["f"]));
        Assert.False(File.Exists(folder["f"]));
        Assert.Equal(-Errno.EISDIR, (await loop.CompleteAsync(IoRequest.Unlink(folder["d"]))).Result);
        await loop.ExecuteAsync(IoRequest.Unlink(folder["d"], isDirectory: true));
        Assert.False(Directory.Exists(folder["d"]));
    });

    [Fact]
    public void A_rename_moves_and_does_not_replace_when_told_so() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllText(folder["a"], "a");
        File.WriteAllText(folder["b"], "b");

        Assert.Equal(-Errno.EEXIST, (await loop.CompleteAsync(IoRequest.Rename(folder["a"], folder["b"], RenameFlags.NoReplace))).Result);
        await loop.ExecuteAsync(IoRequest.Rename(folder["a"], folder["b"], RenameFlags.Exchange));
        Assert.Equal("a", File.ReadAllText(folder["b"]));
        await loop.ExecuteAsync(IoRequest.Rename(folder["a"], folder["c"]));
        Assert.Equal("b", File.ReadAllText(folder["c"]));
        Assert.False(File.Exists(folder["a"]));
    });

    [Fact]
    public void A_directory_is_made_with_its_mode() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserExecute;
        await loop.ExecuteAsync(IoRequest.MakeDirectory(folder["d"], mode));

        Assert.Equal(mode, File.GetUnixFileMode(folder["d"]));
        Assert.Equal(-Errno.EEXIST, (await loop.CompleteAsync(IoRequest.MakeDirectory(folder["d"], mode))).Result);
    });

    [Fact]
    public void A_closed_handle_is_refused_at_submit() => OnLoop.Poll(loop =>
    {
        using TestFolder folder = new();
        SafeFileHandle file = File.OpenHandle(folder["f"], FileMode.Create, FileAccess.ReadWrite);
        file.Dispose();
        IoRequest read = IoRequest.Read(file, new byte[1], 0);

        Assert.Throws<ObjectDisposedException>(() => loop.Submit(read, 1));
        Assert.Throws<ObjectDisposedException>(() => loop.Observe(read, new Recorder()));
        Assert.Throws<ObjectDisposedException>(() => { _ = loop.ExecuteAsync(read); });
        Assert.Equal(1, loop.Statistics.InFlight);
    });

    [Fact]
    public void A_handle_that_is_disposed_under_a_request_closes_only_after_it() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        SafeFileHandle handle = new(pipe.ReadEnd, ownsHandle: false);
        byte[] buffer = new byte[1];
        ValueTask<int> read = loop.ExecuteAsync(IoRequest.Read(handle, buffer, -1));
        handle.Dispose();
        pipe.Write(5);

        Assert.Equal(1, await read);
        Assert.Equal(5, buffer[0]);
        Assert.Throws<ObjectDisposedException>(() => handle.DangerousAddRef(ref System.Runtime.CompilerServices.Unsafe.NullRef<bool>()));
    });
}
