namespace Dispatch.Tests.Processes;

/// <summary>Where there is no ring to be had: a reason, the call and its errno, one line of remedy, the same from every door.</summary>
public sealed class UnavailableTests
{
    [Fact]
    public void Where_there_is_a_ring_every_door_says_so()
    {
        using TestChild child = TestChild.Run("check");

        Assert.Equal(("True", "True"), (child["dispatcher"], child["supported"]));
        Assert.Equal(string.Empty, child["reason"] + child["message"] + child["remedy"]);
        Assert.True(child.Said("attached"));
    }

    [Fact]
    public void A_seccomp_profile_that_forbids_io_uring_is_named_with_the_option_that_allows_it()
    {
        using TestChild child = TestChild.Run("--deny", $"{Errno.EPERM}", "--deny-aio", $"{Errno.EPERM}", "check");

        AssertUnavailable(child, KernelUnavailableReason.Forbidden, "io_uring_setup failed with EPERM");
        Assert.Contains("seccomp", child["message"], StringComparison.Ordinal);
        Assert.Contains("--security-opt", child["remedy"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Errno.EPERM)]
    [InlineData(Errno.EACCES)]
    [InlineData(Errno.ENOSYS)]
    [InlineData(Errno.EINVAL)]
    public void Where_io_uring_is_refused_Linux_AIO_takes_its_place_and_the_report_says_why(int errno)
    {
        using TestChild child = TestChild.Run("--deny", $"{errno}", "check");

        Assert.Equal(("True", "True", "LinuxAio"), (child["dispatcher"], child["supported"], child["kernel"]));
        Assert.StartsWith($"io_uring_setup failed with {Errno.Name(errno)}", child["refused"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_whose_AIO_requests_are_all_in_use_is_named_with_the_limit_and_how_to_raise_it()
    {
        KernelUnavailableException e = KernelUnavailableException.FromAioErrno(Errno.EAGAIN);

        Assert.Equal(KernelUnavailableReason.AioLimit, e.Reason);
        Assert.Contains("io_setup failed with EAGAIN", e.Message, StringComparison.Ordinal);
        Assert.Contains("sysctl -w fs.aio-max-nr=", e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_whose_AIO_requests_are_really_all_in_use_names_the_limit_and_how_to_raise_it()
    {
        const string Limit = "/proc/sys/fs/aio-max-nr";
        Assert.SkipUnless(Environment.GetEnvironmentVariable("DISPATCH_EXCLUSIVE_MACHINE") == "1", "The limit is the whole machine's: set DISPATCH_EXCLUSIVE_MACHINE=1 where nothing else uses Linux AIO meanwhile.");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Takes root, to lower the machine's limit for a moment.");
        string before = File.ReadAllText(Limit);
        Assert.SkipUnless(TryWrite(Limit, "0"), $"{Limit} cannot be written here.");
        try
        {
            using TestChild child = TestChild.Run("--deny", $"{Errno.EPERM}", "check");

            AssertUnavailable(child, KernelUnavailableReason.Forbidden, "io_uring_setup failed with EPERM");
            Assert.Contains("io_setup failed with EAGAIN", child["message"], StringComparison.Ordinal);
            Assert.Contains("sysctl -w fs.aio-max-nr=", child["remedy"], StringComparison.Ordinal);
        }
        finally
        {
            Assert.True(TryWrite(Limit, before), $"{Limit} was {before} and could not be set to that again.");
        }

        using TestChild after = TestChild.Run("--deny", $"{Errno.EPERM}", "check");
        Assert.Equal(("True", nameof(KernelKind.LinuxAio)), (after["dispatcher"], after["kernel"]));
    }

    [Fact]
    public void Where_both_are_refused_both_are_named()
    {
        using TestChild child = TestChild.Run("--deny", $"{Errno.EPERM}", "--deny-aio", $"{Errno.EAGAIN}", "check");

        AssertUnavailable(child, KernelUnavailableReason.Forbidden, "io_uring_setup failed with EPERM");
        Assert.Contains("io_setup failed with EAGAIN", child["message"], StringComparison.Ordinal);
        Assert.Contains("fs.aio-max-nr", child["remedy"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_that_is_reached_is_no_reason_to_run_on_something_else()
    {
        using TestChild child = TestChild.Run("--deny", $"{Errno.EMFILE}", "check");

        AssertUnavailable(child, KernelUnavailableReason.DescriptorLimit, "io_uring_setup failed with EMFILE");
    }

    [Theory]
    [InlineData("2", "kernel.io_uring_disabled=0", "kernel.io_uring_disabled is 2")]
    [InlineData("1", "kernel.io_uring_group", "kernel.io_uring_disabled is 1")]
    [InlineData("0", "--security-opt", "seccomp profile")]
    [InlineData(null, "--security-opt", "seccomp profile")]
    public void A_switch_that_forbids_io_uring_is_named_with_how_to_turn_it(string? value, string remedy, string reason)
    {
        KernelUnavailableException e = KernelUnavailableException.Forbidden("io_uring_setup", Errno.EPERM, value);

        Assert.Equal(KernelUnavailableReason.Forbidden, e.Reason);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_cannot_be_mapped_is_named_with_the_call()
    {
        using TestChild child = TestChild.Run("--deny-populate", $"{Errno.ENOMEM}", "check");

        Assert.Equal(("False", nameof(KernelUnavailableReason.Other)), (child["supported"], child["thrown"]));
        Assert.Matches("^mmap of [0-9]+ bytes for a ring failed with ENOMEM: ", child["thrown-message"]);
        Assert.EndsWith(child["thrown-remedy"], child["thrown-message"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_security_module_that_forbids_io_uring_is_no_reason_to_try_lesser_flags()
    {
        using TestChild child = TestChild.Run("--deny", $"{Errno.EACCES}", "--deny-aio", $"{Errno.EPERM}", "check");

        AssertUnavailable(child, KernelUnavailableReason.Forbidden, "io_uring_setup failed with EACCES");
        Assert.Contains("security module", child["message"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_without_io_uring_is_named_and_so_is_a_sandbox_that_looks_like_one()
    {
        using TestChild child = TestChild.Run("--deny", $"{Errno.ENOSYS}", "--deny-aio", $"{Errno.EPERM}", "check");

        AssertUnavailable(child, KernelUnavailableReason.NotImplemented, "io_uring_setup failed with ENOSYS");
        Assert.Contains("CONFIG_IO_URING", child["remedy"], StringComparison.Ordinal);
        Assert.Contains("seccomp", child["remedy"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_that_refuses_every_set_of_flags_is_too_old()
    {
        using TestChild child = TestChild.Run("--deny", $"{Errno.EINVAL}", "--deny-aio", $"{Errno.EPERM}", "check");

        AssertUnavailable(child, KernelUnavailableReason.TooOld, "io_uring_setup failed with EINVAL");
        Assert.Contains("6.0", child["remedy"], StringComparison.Ordinal);
    }

    [Fact]
    public void An_ordinary_user_who_may_lock_no_memory_is_told_how_to_raise_the_limit()
    {
        using TestChild child = TestChild.Run("--memlock", "0", "--ordinary-user", "check");

        AssertUnavailable(child, KernelUnavailableReason.LockedMemoryLimit, "io_uring_setup failed with ENOMEM");
        Assert.Contains("RLIMIT_MEMLOCK is 0 KiB", child["message"], StringComparison.Ordinal);
        Assert.Contains("ulimit -l", child["remedy"], StringComparison.Ordinal);
        Assert.Contains("LimitMEMLOCK", child["remedy"], StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_is_not_limited_is_not_blamed_on_the_limit()
    {
        KernelUnavailableException e = KernelUnavailableException.FromErrno("io_uring_setup", Errno.ENOMEM, ulong.MaxValue);

        Assert.Equal(KernelUnavailableReason.Other, e.Reason);
        Assert.DoesNotContain("MEMLOCK", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_errno_that_nobody_foresaw_is_named_all_the_same()
    {
        using TestChild child = TestChild.Run("--deny", $"{Errno.EXDEV}", "check");

        AssertUnavailable(child, KernelUnavailableReason.Other, "io_uring_setup failed with EXDEV");
    }

    [Theory]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(66)]
    [InlineData(67)]
    public void Loops_that_find_no_descriptor_end_with_the_limit_named_and_leave_nothing_behind(int limit)
    {
        // Four limits in a row: a loop takes several descriptors, and each of them can be the one that is missing.
        using TestChild child = TestChild.Run("--nofile", $"{limit}", "many-loops");

        Assert.Equal("True", child["warm"]);
        Assert.Equal(nameof(KernelUnavailableReason.DescriptorLimit), child["thrown"]);
        Assert.Contains("failed with EMFILE", child["thrown-message"], StringComparison.Ordinal);
        Assert.Contains("ulimit -n", child["thrown-message"], StringComparison.Ordinal);
        Assert.Equal("True", child["nop"]); // Two loops work at once: those that began have given everything back.
    }

    [Fact]
    public void An_ordinary_user_makes_ring_after_ring_although_their_memory_comes_back_late()
    {
        using TestChild child = TestChild.Run("--memlock", $"{8 << 20}", "--ordinary-user", "ring-after-ring");

        Assert.Equal("100", child["made"]);
    }

    private static bool TryWrite(string path, string text)
    {
        try
        {
            File.WriteAllText(path, text);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // Read-only, as in most containers.
        }
    }

    private static void AssertUnavailable(TestChild child, KernelUnavailableReason reason, string beginning)
    {
        Assert.Equal(("False", "False"), (child["dispatcher"], child["supported"]));
        Assert.Equal((reason.ToString(), reason.ToString()), (child["reason"], child["thrown"]));
        Assert.StartsWith(beginning, child["message"], StringComparison.Ordinal);
        Assert.Equal(child["message"], child["thrown-message"]);
        Assert.Equal(child["remedy"], child["thrown-remedy"]);

        // The message is a line, and the remedy is its end: no other line of the child's was left over, or this one would not have been all.
        Assert.EndsWith(". " + child["remedy"], child["message"], StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", child["message"], StringComparison.Ordinal);
    }
}
