using System.Runtime.InteropServices;

namespace Dispatch.Tests.Interop;

/// <summary>
/// Every constant, size and offset of the kernel's interface that Dispatch declares, against the headers of the machine that runs the tests. What is
/// newer than the oldest headers supported here (Linux 6.1) may be missing from them, if it is listed by name with the test that proves it by behaviour.
/// </summary>
public sealed class HeaderTests
{
    private static readonly string[] FlagWords =
    [
        "fsync_flags", "poll32_events", "sync_range_flags", "msg_flags", "timeout_flags", "accept_flags", "cancel_flags", "open_flags", "statx_flags",
        "fadvise_advice", "splice_flags", "rename_flags", "unlink_flags", "hardlink_flags", "xattr_flags", "msg_ring_flags",
    ];

    private static readonly Lazy<(HeaderFact[] Facts, HeaderProgram Program)> Compared = new(() =>
    {
        HeaderFact[] facts = [.. HeaderNames.Constants(), .. HeaderNames.Enums(), .. HeaderNames.Layouts(), .. HeaderNames.Others(), .. UnionMembers()];
        return (facts, HeaderProgram.Run(facts));
    });

    [Fact]
    public void Every_number_that_the_headers_know_is_theirs()
    {
        (HeaderFact[] facts, HeaderProgram program) = Compared.Value;

        string[] wrong =
        [
            .. from fact in facts
               let theirs = program.ValueOf(fact)
               where theirs is not null && theirs != fact.Value
               select $"{fact.Managed} is {fact.Value}; {fact.Name} is {theirs}",
        ];

        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
        Assert.True(facts.Count(f => program.ValueOf(f) is not null) > 350, "The headers knew so few names that something else must be wrong.");
    }

    [Fact]
    public void What_the_headers_lack_is_listed_by_name()
    {
        (HeaderFact[] facts, HeaderProgram program) = Compared.Value;

        string[] unlisted = [.. facts.Where(f => program.ValueOf(f) is null && !NewerThanHeaders.Proofs.ContainsKey(f.Name)).Select(f => $"{f.Managed} ({f.Name})").Distinct()];

        Assert.True(
            unlisted.Length == 0,
            $"These headers do not know the following, and no test proves them by behaviour (misspelt, or headers older than Linux 6.1?):\n{string.Join('\n', unlisted)}");
    }

    [Fact]
    public void Every_name_on_the_list_is_declared_and_its_proof_exists()
    {
        HashSet<string> declared = [.. Compared.Value.Facts.Select(f => f.Name)];
        foreach ((string name, string proof) in NewerThanHeaders.Proofs)
        {
            Assert.Contains(name, declared);
            Assert.Single(NewerThanHeaders.TestClasses, c => c.GetMethod(proof)?.IsDefined(typeof(FactAttribute), false) == true);
        }
    }

    [Fact]
    public void Every_record_of_the_interface_is_compared() => Assert.Empty(HeaderNames.Unnamed());

    [Fact]
    public void Every_public_enum_of_requests_and_completions_is_compared()
    {
        HashSet<Type> compared = [.. HeaderNames.EnumTypes];
        Type[] forgotten =
        [
            .. from type in typeof(IoRequest).Assembly.GetExportedTypes()
               where type.IsEnum && (type.IsDefined(typeof(FlagsAttribute), false) || type.Name.StartsWith("File", StringComparison.Ordinal))
               where !compared.Contains(type) && type != typeof(FileLock) && type != typeof(FileChangeKind) // Words of ours, each put into the kernel's numbers where it is used.
               select type,
        ];

        Assert.Empty(forgotten);
    }

    [Fact]
    public void A_file_status_reads_each_field_where_the_kernel_writes_it()
    {
        FileStatus status = FileStatus.Parse(Compared.Value.Program.FilledStatx);

        Assert.Equal(3, status.LinkCount);
        Assert.Equal(1001, status.UserId);
        Assert.Equal(1002, status.GroupId);
        Assert.Equal(FileKind.Fifo, status.Kind);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, status.Mode);
        Assert.Equal(0x1122334455, status.Inode);
        Assert.Equal(0x6677889900, status.Length);
        Assert.Equal(7 * 512, status.AllocatedLength);
        Assert.Equal(At(1_000_000_001, 100), status.LastAccess);
        Assert.Equal(At(1_000_000_002, 200), status.Created);
        Assert.Equal(At(1_000_000_003, 300), status.LastChange);
        Assert.Equal(At(1_000_000_004, 400), status.LastWrite);
        Assert.Equal((8L << 32) | 17, status.Device);
        Assert.Equal(4, status.DirectMemoryAlignment);
        Assert.Equal(512, status.DirectOffsetAlignment);
    }

    /// <summary>Each kind of request has its own name for the word of flags; all of them have to be the one at <see cref="SubmissionEntry.OperationFlags"/>.</summary>
    private static IEnumerable<HeaderFact> UnionMembers() =>
        from member in FlagWords
        select new HeaderFact($"SubmissionEntry.OperationFlags as {member}", (long)Marshal.OffsetOf<SubmissionEntry>(nameof(SubmissionEntry.OperationFlags)), $"offsetof(struct io_uring_sqe, {member})");

    private static DateTimeOffset At(long seconds, long nanoseconds) => DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanoseconds / 100);
}
