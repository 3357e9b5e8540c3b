using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Dispatch.Tests.Interop;

/// <summary>
/// What C# declares of the kernel's interface, found by reflection, and the C name of each. A member without a name fails the test: a constant that is
/// added later cannot be forgotten here.
/// </summary>
internal static partial class HeaderNames
{
    /// <summary>Enums whose members are the C names with a prefix, in another spelling.</summary>
    private static readonly (Type Type, string Prefix)[] Prefixed =
    [
        (typeof(Opcode), "IORING_OP_"),
        (typeof(FileAdvice), "POSIX_FADV_"),
    ];

    private static readonly Dictionary<Enum, string> Members = new()
    {
        [EntryFlags.FixedFile] = "IOSQE_FIXED_FILE",
        [EntryFlags.Drain] = "IOSQE_IO_DRAIN",
        [EntryFlags.Link] = "IOSQE_IO_LINK",
        [EntryFlags.HardLink] = "IOSQE_IO_HARDLINK",
        [EntryFlags.Async] = "IOSQE_ASYNC",
        [EntryFlags.BufferSelect] = "IOSQE_BUFFER_SELECT",
        [EntryFlags.SkipSuccess] = "IOSQE_CQE_SKIP_SUCCESS",
        [CompletionFlags.Buffer] = "IORING_CQE_F_BUFFER",
        [CompletionFlags.More] = "IORING_CQE_F_MORE",
        [CompletionFlags.SocketNonEmpty] = "IORING_CQE_F_SOCK_NONEMPTY",
        [CompletionFlags.Notification] = "IORING_CQE_F_NOTIF",
        [TimeoutFlags.Absolute] = "IORING_TIMEOUT_ABS",
        [TimeoutFlags.BootTime] = "IORING_TIMEOUT_BOOTTIME",
        [TimeoutFlags.RealTime] = "IORING_TIMEOUT_REALTIME",
        [TimeoutFlags.Multishot] = "IORING_TIMEOUT_MULTISHOT",
        [AioBlockFlags.EventDescriptor] = "IOCB_FLAG_RESFD",
        [AioBlockFlags.Priority] = "IOCB_FLAG_IOPRIO",
        [AcceptFlags.NonBlocking] = "SOCK_NONBLOCK",
        [AcceptFlags.CloseOnExec] = "SOCK_CLOEXEC",
        [MessageFlags.OutOfBand] = "MSG_OOB",
        [MessageFlags.Peek] = "MSG_PEEK",
        [MessageFlags.Truncate] = "MSG_TRUNC",
        [MessageFlags.DoNotWait] = "MSG_DONTWAIT",
        [MessageFlags.WaitAll] = "MSG_WAITALL",
        [MessageFlags.NoSignal] = "MSG_NOSIGNAL",
        [MessageFlags.More] = "MSG_MORE",
        [OpenFlags.ReadOnly] = "O_RDONLY",
        [OpenFlags.WriteOnly] = "O_WRONLY",
        [OpenFlags.ReadWrite] = "O_RDWR",
        [OpenFlags.Create] = "O_CREAT",
        [OpenFlags.Exclusive] = "O_EXCL",
        [OpenFlags.NoControllingTerminal] = "O_NOCTTY",
        [OpenFlags.Truncate] = "O_TRUNC",
        [OpenFlags.Append] = "O_APPEND",
        [OpenFlags.NonBlocking] = "O_NONBLOCK",
        [OpenFlags.DataSync] = "O_DSYNC",
        [OpenFlags.CloseOnExec] = "O_CLOEXEC",
        [ReadWriteFlags.HighPriority] = "RWF_HIPRI",
        [ReadWriteFlags.DataSync] = "RWF_DSYNC",
        [ReadWriteFlags.Sync] = "RWF_SYNC",
        [ReadWriteFlags.NoWait] = "RWF_NOWAIT",
        [ReadWriteFlags.Append] = "RWF_APPEND",
        [RenameFlags.NoReplace] = "RENAME_NOREPLACE",
        [RenameFlags.Exchange] = "RENAME_EXCHANGE",
        [FileAdvice.WillNeed] = "POSIX_FADV_WILLNEED",
        [FileAdvice.DontNeed] = "POSIX_FADV_DONTNEED",
        [FileAdvice.NoReuse] = "POSIX_FADV_NOREUSE",
        [FileAllocationMode.KeepSize] = "FALLOC_FL_KEEP_SIZE",
        [FileAllocationMode.PunchHole] = "FALLOC_FL_PUNCH_HOLE",
        [FileAllocationMode.CollapseRange] = "FALLOC_FL_COLLAPSE_RANGE",
        [FileAllocationMode.ZeroRange] = "FALLOC_FL_ZERO_RANGE",
        [FileAllocationMode.InsertRange] = "FALLOC_FL_INSERT_RANGE",
        [PollEvents.Readable] = "POLLIN",
        [PollEvents.Priority] = "POLLPRI",
        [PollEvents.Writable] = "POLLOUT",
        [PollEvents.Error] = "POLLERR",
        [PollEvents.HangUp] = "POLLHUP",
        [PollEvents.ReadHangUp] = "POLLRDHUP",
        [FileKind.Fifo] = "S_IFIFO >> 12",
        [FileKind.CharacterDevice] = "S_IFCHR >> 12",
        [FileKind.Directory] = "S_IFDIR >> 12",
        [FileKind.BlockDevice] = "S_IFBLK >> 12",
        [FileKind.Regular] = "S_IFREG >> 12",
        [FileKind.SymbolicLink] = "S_IFLNK >> 12",
        [FileKind.Socket] = "S_IFSOCK >> 12",
    };

    /// <summary>Constants of Dispatch that stand among those of the kernel.</summary>
    private static readonly HashSet<string> OurOwn =
    [
        "Errno.Highest",
        "Errno.ERESTARTSYS", // Private to the kernel: no header of user space has them.
        "Errno.ERESTARTNOINTR",
        "Errno.ERESTARTNOHAND",
        "Errno.ENOIOCTLCMD",
        "Errno.ERESTARTBLOCK",
        "Errno.ENOTSUPP",
    ];

    /// <summary>The C member of each field; later names are those of older headers. Space that is reserved, and split differently from header to header, needs none.</summary>
    private static readonly Dictionary<Type, (string Struct, Dictionary<string, string[]> Fields)> Structs = new()
    {
        [typeof(SubmissionEntry)] = ("io_uring_sqe", new()
        {
            ["Opcode"] = ["opcode"],
            ["Flags"] = ["flags"],
            ["IoPriority"] = ["ioprio"],
            ["Fd"] = ["fd"],
            ["Offset"] = ["off"],
            ["Address2"] = ["addr2"],
            ["Address"] = ["addr"],
            ["Length"] = ["len"],
            ["OperationFlags"] = ["rw_flags"],
            ["UserData"] = ["user_data"],
            ["BufferIndex"] = ["buf_index"],
            ["BufferGroup"] = ["buf_group"],
            ["Personality"] = ["personality"],
            ["SpliceFd"] = ["splice_fd_in"],
            ["FileIndex"] = ["file_index"],
            ["Address3"] = ["addr3"],
            ["Padding"] = ["__pad2[0]"],
        }),
        [typeof(CompletionEntry)] = ("io_uring_cqe", new()
        {
            ["UserData"] = ["user_data"],
            ["Result"] = ["res"],
            ["Flags"] = ["flags"],
        }),
        [typeof(IoUringRecords.Params)] = ("io_uring_params", new()
        {
            ["SqEntries"] = ["sq_entries"],
            ["CqEntries"] = ["cq_entries"],
            ["Flags"] = ["flags"],
            ["SqThreadCpu"] = ["sq_thread_cpu"],
            ["SqThreadIdle"] = ["sq_thread_idle"],
            ["Features"] = ["features"],
            ["WqFd"] = ["wq_fd"],
            ["Reserved0"] = ["resv[0]"],
            ["Reserved1"] = ["resv[1]"],
            ["Reserved2"] = ["resv[2]"],
            ["SqOff"] = ["sq_off"],
            ["CqOff"] = ["cq_off"],
        }),
        [typeof(IoUringRecords.SqOffsets)] = ("io_sqring_offsets", new()
        {
            ["Head"] = ["head"],
            ["Tail"] = ["tail"],
            ["RingMask"] = ["ring_mask"],
            ["RingEntries"] = ["ring_entries"],
            ["Flags"] = ["flags"],
            ["Dropped"] = ["dropped"],
            ["Array"] = ["array"],
            ["Reserved"] = ["resv1"],
            ["UserAddress"] = ["user_addr", "resv2"],
        }),
        [typeof(IoUringRecords.CqOffsets)] = ("io_cqring_offsets", new()
        {
            ["Head"] = ["head"],
            ["Tail"] = ["tail"],
            ["RingMask"] = ["ring_mask"],
            ["RingEntries"] = ["ring_entries"],
            ["Overflow"] = ["overflow"],
            ["Cqes"] = ["cqes"],
            ["Flags"] = ["flags"],
            ["Reserved"] = ["resv1"],
            ["UserAddress"] = ["user_addr", "resv2"],
        }),
        [typeof(IoUringRecords.GetEventsArgument)] = ("io_uring_getevents_arg", new()
        {
            ["SigMask"] = ["sigmask"],
            ["SigMaskSize"] = ["sigmask_sz"],
            ["MinWaitMicroseconds"] = ["min_wait_usec", "pad"],
            ["Timespec"] = ["ts"],
        }),
        [typeof(IoUringRecords.KernelTimespec)] = ("__kernel_timespec", new()
        {
            ["Seconds"] = ["tv_sec"],
            ["Nanoseconds"] = ["tv_nsec"],
        }),
        [typeof(IoUringRecords.ResourceUpdate)] = ("io_uring_rsrc_update", new()
        {
            ["Offset"] = ["offset"],
            ["Reserved"] = ["resv"],
            ["Data"] = ["data"],
        }),
        [typeof(IoUringRecords.BufferRingRegistration)] = ("io_uring_buf_reg", new()
        {
            ["RingAddress"] = ["ring_addr"],
            ["RingEntries"] = ["ring_entries"],
            ["GroupId"] = ["bgid"],
            ["Flags"] = ["flags", "pad"],
            ["Reserved0"] = ["min_left", "resv[0]"],
            ["Reserved1"] = [],
            ["Reserved2"] = [],
        }),
        [typeof(IoUringRecords.ProvidedBuffer)] = ("io_uring_buf", new()
        {
            ["Address"] = ["addr"],
            ["Length"] = ["len"],
            ["Id"] = ["bid"],
            ["Tail"] = ["resv"],
        }),
        [typeof(IoUringRecords.ProbeOperation)] = ("io_uring_probe_op", new()
        {
            ["Opcode"] = ["op"],
            ["Reserved0"] = ["resv"],
            ["Flags"] = ["flags"],
            ["Reserved1"] = ["resv2"],
        }),
        [typeof(Libc.ResourceLimit)] = ("rlimit", new()
        {
            ["Soft"] = ["rlim_cur"],
            ["Hard"] = ["rlim_max"],
        }),
    };

    /// <summary>Gets the enums whose members have C names.</summary>
    public static IEnumerable<Type> EnumTypes => Prefixed.Select(p => p.Type).Concat(Members.Keys.Select(k => k.GetType())).Distinct();

    /// <summary>The constants of the static classes that carry C names.</summary>
    public static IEnumerable<HeaderFact> Constants() =>
        from type in new[] { typeof(IoUringAbi), typeof(Libc), typeof(Errno) }
        from field in type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)
        where field.IsLiteral && !OurOwn.Contains($"{type.Name}.{field.Name}")
        select new HeaderFact($"{type.Name}.{field.Name}", ToInt64(field.GetRawConstantValue()!), field.Name);

    /// <summary>The members of the enums, internal and public. Zero members that only say "nothing" have no C name.</summary>
    public static IEnumerable<HeaderFact> Enums()
    {
        foreach (Type type in EnumTypes)
        {
            string? prefix = Prefixed.FirstOrDefault(p => p.Type == type).Prefix;
            foreach (Enum member in Enum.GetValues(type).Cast<Enum>())
            {
                long value = Convert.ToInt64(member, null);
                string managed = $"{type.Name}.{member}";
                if (Members.TryGetValue(member, out string? name))
                {
                    yield return new HeaderFact(managed, value, name);
                }
                else if (prefix is not null)
                {
                    yield return new HeaderFact(managed, value, prefix + WordBoundary().Replace(member.ToString(), "_").ToUpperInvariant());
                }
                else
                {
                    Assert.True(value == 0, $"{managed} has no C name in {nameof(HeaderNames)}.");
                }
            }
        }
    }

    /// <summary>The size of every record, and offset and size of every field.</summary>
    public static IEnumerable<HeaderFact> Layouts()
    {
        foreach ((Type type, (string name, Dictionary<string, string[]> fields)) in Structs)
        {
            yield return new HeaderFact($"sizeof({type.Name})", SizeOf(type), $"sizeof(struct {name})");
            foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
            {
                Assert.True(fields.TryGetValue(field.Name, out string[]? members), $"{type.Name}.{field.Name} has no C name in {nameof(HeaderNames)}.");
                if (members.Length == 0)
                {
                    continue;
                }

                yield return new HeaderFact(
                    $"offset of {type.Name}.{field.Name}",
                    Marshal.OffsetOf(type, field.Name),
                    [.. members.Select(m => $"offsetof(struct {name}, {m})")]);
                if (!field.Name.StartsWith("Reserved", StringComparison.Ordinal))
                {
                    yield return new HeaderFact(
                        $"size of {type.Name}.{field.Name}",
                        SizeOf(field.FieldType),
                        [.. members.Select(m => $"sizeof(((struct {name}*)0)->{m})")]);
                }
            }
        }
    }

    /// <summary>The records of <see cref="IoUringRecords"/> and <see cref="Libc"/> that nobody has given C names.</summary>
    public static IEnumerable<Type> Unnamed() =>
        typeof(IoUringRecords).GetNestedTypes(BindingFlags.Public | BindingFlags.NonPublic)
            .Concat(typeof(Libc).GetNestedTypes(BindingFlags.Public | BindingFlags.NonPublic))
            .Where(t => t.IsValueType && !t.IsGenericType && !t.Name.Contains('<', StringComparison.Ordinal) && !Structs.ContainsKey(t));

    /// <summary>Numbers that stand alone.</summary>
    public static IEnumerable<HeaderFact> Others() =>
    [
        new("Descriptor.CurrentDirectory", Descriptor.CurrentDirectory.Number, "AT_FDCWD"),
        new("ProcessorFlags.Direct", ProcessorFlags.Direct, "__O_DIRECT"),
        new("ProcessorFlags.NoFollow", ProcessorFlags.NoFollow, "O_NOFOLLOW"),
        new("FileStatus.RecordBytes", FileStatus.RecordBytes, "sizeof(struct statx)"),
        new("FileStatus.WantedMask", FileStatus.WantedMask, "STATX_BASIC_STATS | STATX_BTIME | STATX_DIOALIGN"),
        new("a provided ring's tail", Marshal.OffsetOf<IoUringRecords.ProvidedBuffer>("Tail"), "offsetof(struct io_uring_buf_ring, tail)"),
        new("the probe's header", 16, "offsetof(struct io_uring_probe, ops)"),
        new("the probe's count", 1, "offsetof(struct io_uring_probe, ops_len)"),
    ];

    private static int SizeOf(Type type) => type.IsEnum ? Marshal.SizeOf(Enum.GetUnderlyingType(type)) : Marshal.SizeOf(type);

    private static long ToInt64(object constant) => constant is ulong large ? unchecked((long)large) : Convert.ToInt64(constant, null);

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])")]
    private static partial Regex WordBoundary();
}
