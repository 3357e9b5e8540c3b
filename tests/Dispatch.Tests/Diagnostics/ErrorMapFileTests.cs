using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;

namespace Dispatch.Tests;

/// <summary><see cref="ErrorMap.ForFile"/>: the exceptions of .NET's own file calls, with words that help.</summary>
public sealed class ErrorMapFileTests
{
    private static readonly CancellationToken NoToken = CancellationToken.None;

    [Theory]
    [InlineData("MISSING")]
    [InlineData("MISSING/file")]
    [InlineData("FILE/below")]
    [InlineData("FOLDER")]
    [InlineData("LONG")]
    public void A_failed_open_throws_what_dotnet_throws(string what)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("dispatch-errors-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "FILE"), "text");
            string path = Path.Combine(folder.FullName, what == "LONG" ? new string('x', 300) : what == "FOLDER" ? string.Empty : what);

            Exception expected = Assert.ThrowsAny<Exception>(() => File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite).Dispose());
            Exception actual = ForFile("openat", Open(path), path);

            Assert.Equal(expected.GetType(), actual.GetType());
            Assert.Equal(expected.HResult, actual.HResult);
            Assert.Equal((expected as FileNotFoundException)?.FileName, (actual as FileNotFoundException)?.FileName);
            Assert.Equal(expected.InnerException?.GetType(), actual.InnerException?.GetType());
            Assert.StartsWith($"openat on '{path}' failed: E", actual.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_write_to_a_file_that_is_open_for_reading_throws_what_dotnet_throws()
    {
        string path = Path.GetTempFileName();
        try
        {
            using var handle = File.OpenHandle(path);
            Exception expected = Assert.ThrowsAny<Exception>(() => RandomAccess.Write(handle, new byte[1], 0));
            Exception actual = ForFile("write", -Errno.EBADF, path);

            Assert.Equal(expected.GetType(), actual.GetType());
            Assert.Equal(expected.InnerException!.HResult, actual.InnerException!.HResult);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(Errno.EACCES)]
    [InlineData(Errno.EPERM)]
    [InlineData(Errno.EROFS)]
    [InlineData(Errno.EISDIR)]
    public void What_may_not_be_touched_is_an_unauthorized_access_around_the_errno(int errno)
    {
        var error = Assert.IsType<UnauthorizedAccessException>(ForFile("openat", -errno, "/a/b"));

        Assert.Equal(errno, Assert.IsType<IOException>(error.InnerException).HResult);
        Assert.Contains($"openat on '/a/b' failed: {Errno.Name(errno)}, {Errno.Explain(errno)}.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Errno.EIO)]
    [InlineData(Errno.ENOSPC)]
    [InlineData(Errno.EEXIST)]
    [InlineData(Errno.EMFILE)]
    [InlineData(Errno.EINVAL)]
    [InlineData(Errno.EAGAIN)]
    [InlineData(4095)]
    public void Other_errors_are_io_exceptions_that_carry_the_errno(int errno)
    {
        var error = Assert.IsType<IOException>(ForFile("write", -errno, "/a"));

        Assert.Equal(errno, error.HResult);
        Assert.StartsWith($"write on '/a' failed: {Errno.Name(errno)}, ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_a_folder_call_lacks_is_a_missing_folder()
    {
        Assert.IsType<DirectoryNotFoundException>(ForFile("mkdirat", -Errno.ENOENT, "/no/such/folder"));
        Assert.IsType<DirectoryNotFoundException>(ForFile("mkdirat", -Errno.ENOENT));
    }

    [Fact]
    public void A_relative_path_without_a_folder_is_a_missing_file()
    {
        var error = Assert.IsType<FileNotFoundException>(ForFile("openat", -Errno.ENOENT, "no-such-file"));

        Assert.Equal("no-such-file", error.FileName);
        Assert.IsType<DirectoryNotFoundException>(ForFile("openat", -Errno.ENOENT, "no-such-folder/file"));
        Assert.IsType<FileNotFoundException>(ForFile("openat", -Errno.ENOENT));
    }

    [Fact]
    public void Nothing_to_cancel_is_no_missing_file()
    {
        var error = Assert.IsType<IOException>(ForFile("cancel", -Errno.ENOENT));

        Assert.Contains("No such request is in flight", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_call_throws_with_the_token_that_cancelled_it()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();

        var error = Assert.IsType<OperationCanceledException>(ErrorMap.ForFile("read", -Errno.ECANCELED, "/a", source.Token));

        Assert.Equal(source.Token, error.CancellationToken);
        Assert.Equal("read on '/a' was cancelled (ECANCELED).", error.Message);
    }

    [Fact]
    public void A_call_that_no_token_cancelled_says_who_may_have()
    {
        var error = Assert.IsType<OperationCanceledException>(ForFile("read", -Errno.ECANCELED));

        Assert.StartsWith("read was cancelled (ECANCELED). No token asked for it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_call_blocked_in_a_kernel_worker_is_cancelled_only_if_the_token_asked_for_it()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();

        Assert.IsType<OperationCanceledException>(ErrorMap.ForFile("openat", -Errno.ERESTARTSYS, "/fifo", source.Token));
        Assert.Equal(Errno.EINTR, Assert.IsType<IOException>(ForFile("openat", -Errno.ERESTARTSYS, "/fifo")).HResult);
    }

    [Theory]
    [InlineData("io_uring_setup", Errno.EPERM)]
    [InlineData("io_uring_register", Errno.EACCES)]
    [InlineData("io_uring_enter", Errno.EBADF)]
    [InlineData("io_setup", Errno.ENOSYS)]
    public void A_failed_call_on_a_ring_is_an_io_exception_that_carries_the_errno(string call, int errno)
    {
        Assert.Equal(errno, Assert.IsType<IOException>(ForFile(call, -errno)).HResult);
    }

    [Fact]
    public void A_request_is_mapped_by_its_kind()
    {
        using var source = new CancellationTokenSource();

        Assert.IsType<SocketException>(ErrorMap.ForRequest("read", true, -Errno.EPIPE, source.Token));
        Assert.IsType<IOException>(ErrorMap.ForRequest("read", false, -Errno.EPIPE, source.Token));
        Assert.Equal(source.Token, Assert.IsType<OperationCanceledException>(ErrorMap.ForRequest("read", false, -Errno.ECANCELED, source.Token)).CancellationToken);
    }

    [Fact]
    public void A_success_has_no_exception()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ForFile("read", 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ErrorMap.ForSocket("recv", 5, null, NoToken));
    }

    private static Exception ForFile(string call, long result, string? path = null) => ErrorMap.ForFile(call, result, path, NoToken);

    private static unsafe int Open(string path)
    {
        byte[] text = Encoding.UTF8.GetBytes(path + "\0");
        fixed (byte* bytes = text)
        {
            Assert.Equal(-1, LibC.open(bytes, LibC.O_RDWR | LibC.O_CLOEXEC));
            return -Marshal.GetLastPInvokeError();
        }
    }
}
