namespace Dispatch.Tests;

/// <summary><see cref="ErrorRemedy"/>: messages name what to change.</summary>
public sealed class ErrorRemedyTests
{
    [Theory]
    [InlineData("io_uring_register", Errno.ENOMEM, "`ulimit -l`", "`LimitMEMLOCK=`", "--ulimit memlock")]
    [InlineData("io_uring_enter", Errno.EAGAIN, "memory", "take completions", "submit again")]
    [InlineData("io_uring_enter", Errno.EBUSY, "overflowed", "take them", "submit again")]
    [InlineData("io_uring_enter", Errno.EEXIST, "Only the thread", "owns the ring", "enter")]
    [InlineData("accept", Errno.EMFILE, "`ulimit -n`", "`LimitNOFILE=`", "--ulimit nofile")]
    [InlineData("openat", Errno.ENFILE, "whole machine", "fs.file-max", "fixed files")]
    [InlineData("read", Errno.EINVAL, "O_DIRECT", "multiples", "STATX_DIOALIGN")]
    [InlineData("pwritev2", Errno.EINVAL, "O_DIRECT", "multiples", "STATX_DIOALIGN")]
    [InlineData("recv", Errno.ENOBUFS, "pool", "leases", "unharmed")]
    [InlineData("read", Errno.ENOBUFS, "pool", "leases", "unharmed")]
    [InlineData("send", Errno.ENOBUFS, "queue", "network device", "later")]
    [InlineData("bind", Errno.EADDRINUSE, "`ss -lp`", "port 0", "Unix-domain")]
    [InlineData("listen", Errno.EADDRINUSE, "`ss -lp`", "port 0", "Unix-domain")]
    [InlineData("bind", Errno.EACCES, "ip_unprivileged_port_start", "CAP_NET_BIND_SERVICE", "Unix-domain")]
    [InlineData("connect", Errno.EADDRNOTAVAIL, "used up", "ip_local_port_range", "connections")]
    [InlineData("write", Errno.ENOSPC, "`df -h`", "`df -i`", "inodes")]
    [InlineData("write", Errno.EDQUOT, "quota", "`quota -s`", "used up")]
    [InlineData("inotify_add_watch", Errno.ENOSPC, "Raise", "sysctl", "fs.inotify.max_user_watches")]
    [InlineData("io_setup", Errno.EAGAIN, "Linux AIO", "raise", "fs.aio-max-nr")]
    [InlineData("cancel", Errno.EALREADY, "runs already", "own completion", "how it ended")]
    [InlineData("renameat2", Errno.EXDEV, "one file system", "copy", "delete")]
    public void An_error_with_a_remedy_names_it(string call, int errno, string first, string second, string third)
    {
        string? remedy = ErrorRemedy.For(call, errno);

        Assert.NotNull(remedy);
        Assert.Contains(first, remedy, StringComparison.Ordinal);
        Assert.Contains(second, remedy, StringComparison.Ordinal);
        Assert.Contains(third, remedy, StringComparison.Ordinal);
        Assert.EndsWith($" {remedy}", ErrorMap.ForRequest(call, false, -errno, TestContext.Current.CancellationToken).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("read", Errno.EIO)]
    [InlineData("recv", Errno.EINVAL)]
    [InlineData("readlinkat", Errno.EINVAL)]
    [InlineData("openat", Errno.EACCES)]
    [InlineData("connect", Errno.EACCES)]
    [InlineData("close", Errno.EINTR)]
    [InlineData("write", Errno.ENOMEM)]
    [InlineData("openat", 999)]
    public void An_error_without_a_remedy_of_its_own_is_given_none(string call, int errno)
    {
        Assert.Null(ErrorRemedy.For(call, errno));
        Assert.EndsWith($"{Errno.Explain(errno)}.", ErrorMap.ForRequest(call, true, -errno, TestContext.Current.CancellationToken).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_remedy_is_whole_sentences_on_one_line()
    {
        string[] calls = ["io_uring_setup", "io_uring_register", "io_uring_enter", "io_setup", "openat", "read", "write", "recv", "send", "bind", "connect", "renameat", "cancel"];

        var remedies = calls.SelectMany(call => Enumerable.Range(1, 133).Select(errno => ErrorRemedy.For(call, errno))).OfType<string>().Distinct().ToList();

        Assert.True(remedies.Count > 25, $"{remedies.Count} remedies");
        Assert.All(remedies, remedy => Assert.Matches("^[A-Zi][^\n]*\\.$", remedy));
    }
}
