using System.Globalization;
using Dispatch.Tables;
using Dispatch.Tests.Interop;

namespace Dispatch.Tests;

/// <summary>The safety table: what is made from it is what is checked in, and its names and numbers are the kernel's.</summary>
public sealed class TableTests
{
    private const string Arm64 =
        """
        #define __ARCH_WANT_RENAMEAT
        #define __ARCH_WANT_NEW_STAT
        #define __ARCH_WANT_SET_GET_RLIMIT
        #define __ARCH_WANT_SYS_CLONE3
        #define __ARCH_WANT_MEMFD_SECRET
        #include <asm-generic/unistd.h>
        """;

    private static readonly string Root = GeneratedFile.FindRoot(AppContext.BaseDirectory);

    private static readonly DataTable Table = DataTable.Parse(File.ReadAllText(Path.Combine(Root, "src/Dispatch/Syscalls/syscalls.tsv")));

    public static TheoryData<string> Targets => [.. GeneratedFile.All.Select(f => f.Target)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void What_is_made_from_data_is_as_the_data_make_it(string target)
    {
        GeneratedFile file = GeneratedFile.All.Single(f => f.Target == target);
        Assert.True(file.Make(Root) == File.ReadAllText(file.PathIn(Root)), $"{target} is not what {file.Source} makes. Write it again: {GeneratedFile.Command}");
    }

    [Fact]
    public void Names_and_numbers_are_those_of_the_kernels_headers()
    {
        Assert.Empty(Differences("x64", "#include <asm/unistd_64.h>"));
        Assert.Empty(Differences("arm64", Arm64));
    }

    [Fact]
    public void The_code_says_what_the_data_say()
    {
        string column = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "x64";
        string[][] here = [.. Table.Rows.Where(r => Table[r, column] != "-")];

        Assert.Equal(here.Length, SystemCallInfo.All.Count);
        foreach (string[] row in here)
        {
            SystemCallInfo info = SystemCallInfo.Find(long.Parse(Table[row, column], CultureInfo.InvariantCulture))!;
            Assert.Equal(
                (Table[row, "name"], Table[row, "class"], Table[row, "waits"] == "ever", Table[row, "makes"] == "fd", Table[row, "why"]),
                (info.Name, info.Class.ToString().ToLowerInvariant(), info.CanWaitForEver, info.MakesDescriptor, info.Reason));
        }
    }

    [Fact]
    public void What_is_said_to_be_the_rings_goes_to_the_opcode_that_is_said()
    {
        foreach (string[] row in Table.Rows.Where(r => Table[r, "class"] == "ring"))
        {
            if (SystemCallInfo.All.FirstOrDefault(c => c.Name == Table[row, "name"]) is { } info)
            {
                CallEntry call = new() { Number = info.Number };
                Assert.True(RingCalls.TryTranslate(call, ImmediateSupport.Everything, out SubmissionEntry entry), info.Name);
                Assert.Equal(Table[row, "opcode"], entry.Opcode.ToString());
            }
        }
    }

    [Fact]
    public void Calls_that_end_or_change_the_process_are_refused()
    {
        string[] refused = ["exit", "exit_group", "clone", "clone3", "execve", "rt_sigprocmask", "rt_sigreturn", "set_tid_address", "setuid", "unshare", "setns", "seccomp", "prctl", "brk", "munmap"];
        Assert.All(refused, name => Assert.Equal(SystemCallClass.Refused, SystemCallInfo.All.Single(c => c.Name == name).Class));
        Assert.All(SystemCallInfo.All.Where(c => c.Class == SystemCallClass.Refused), c => Assert.Throws<NotSupportedException>(() => IoRequest.Syscall(c.Number)));
    }

    private static string[] Differences(string column, string source)
    {
        const int FirstNew = 451; // Debian 12's headers are those of Linux 6.1, and end with 450.
        const int LastOld = 334;
        Dictionary<string, int> theirs = HeaderNumbers.Read(source);
        Dictionary<string, int> ours = Table.Rows.Where(r => Table[r, column] != "-").ToDictionary(r => Table[r, "name"], r => int.Parse(Table[r, column], CultureInfo.InvariantCulture));
        Assert.True(theirs.Count > 300, "The headers knew so few names that something else must be wrong.");
        return
        [
            .. theirs.Where(t => !ours.TryGetValue(t.Key, out int number) || number != t.Value).Select(t => $"{column}: {t.Key} is {t.Value}"),
            .. ours.Where(o => !theirs.ContainsKey(o.Key) && o.Value < FirstNew && (column != "x64" || o.Value <= LastOld)).Select(o => $"{column}: {o.Key}, {o.Value}, is none of the headers'"),
        ];
    }
}
