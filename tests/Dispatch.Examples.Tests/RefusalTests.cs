using System.Diagnostics;

namespace Dispatch.Examples.Tests;

/// <summary>The programs where a seccomp profile refuses io_uring, as those of container runtimes do.</summary>
public sealed class RefusalTests
{
    // x86-64 and arm64 have the same number for io_uring_setup, 425.
    private const string Launcher =
        """
        #include <errno.h>
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <stddef.h>
        #include <sys/prctl.h>
        #include <unistd.h>

        int main(int count, char **arguments)
        {
            struct sock_filter refuse[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 425, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
            };
            struct sock_fprog program = { sizeof refuse / sizeof *refuse, refuse };
            if (count < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
                return 99;
            }
            execv(arguments[1], arguments + 1);
            return 98;
        }
        """;

    [Theory]
    [InlineData("Quickstart", ".", "--kernel", "io_uring")]
    [InlineData("Echo", "--port", "0", "--kernel", "io_uring")]
    [InlineData("Echo", "--port", "0", "--mode", "poll", "--kernel", "io_uring")]
    [InlineData("HotLoop", "--seconds", "1", "--kernel", "io_uring")]
    [InlineData("KeyLookup", "--records", "10", "--kernel", "io_uring")]
    [InlineData("LogWatch", "/etc/hostname", "--kernel", "io_uring")]
    public void A_program_says_why_and_one_command_that_works(string program, params string[] arguments)
    {
        using TemporaryFolder folder = new();
        ExampleResult result = ExampleProcess.RunUnder(Compile(folder), program, arguments);

        Assert.Equal(1, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Equal(2, result.ErrorLines.Length);
        Assert.Contains("io_uring_setup failed with EPERM", result.ErrorLines[0], StringComparison.Ordinal);
        Assert.EndsWith($"dotnet run --project examples/{program} -c Release -- {string.Join(' ', arguments)}", result.ErrorLines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_that_may_choose_runs_on_Linux_AIO()
    {
        using TemporaryFolder folder = new();
        folder.Write("a.txt", "content");
        ExampleResult result = ExampleProcess.RunUnder(Compile(folder), "Quickstart", folder.Path, "--loops", "1");

        Assert.Equal((0, string.Empty), (result.ExitCode, string.Join('\n', result.ErrorLines)));
    }

    private static string Compile(TemporaryFolder folder)
    {
        folder.Write("launcher.c", Launcher);
        string launcher = Path.Combine(folder.Path, "launcher");
        try
        {
            using Process compiler = Process.Start("gcc", ["-o", launcher, Path.Combine(folder.Path, "launcher.c")]);
            compiler.WaitForExit();
            Assert.Equal(0, compiler.ExitCode);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("There is no gcc.");
        }

        return launcher;
    }
}
