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
        [MessageFlags.ControlTruncated] = "MSG_CTRUNC",
        [MessageFlags.EndOfRecord] = "MSG_EOR",
        [MessageFlags.ErrorQueue] = "MSG_ERRQUEUE",
        [MessageFlags.CloseOnExec] = "MSG_CMSG_CLOEXEC",
        [SyncRangeFlags.WaitBefore] = "SYNC_FILE_RANGE_WAIT_BEFORE",
        [SyncRangeFlags.Write] = "SYNC_FILE_RANGE_WRITE",
        [SyncRangeFlags.WaitAfter] = "SYNC_FILE_RANGE_WAIT_AFTER",
        [MemoryAdvice.Normal] = "MADV_NORMAL",
        [MemoryAdvice.Random] = "MADV_RANDOM",
        [MemoryAdvice.Sequential] = "MADV_SEQUENTIAL",
        [MemoryAdvice.WillNeed] = "MADV_WILLNEED",
        [MemoryAdvice.DontNeed] = "MADV_DONTNEED",
        [MemoryAdvice.Free] = "MADV_FREE",
        [MemoryAdvice.Remove] = "MADV_REMOVE",
        [MemoryAdvice.DontFork] = "MADV_DONTFORK",
        [MemoryAdvice.DoFork] = "MADV_DOFORK",
        [MemoryAdvice.Mergeable] = "MADV_MERGEABLE",
        [MemoryAdvice.Unmergeable] = "MADV_UNMERGEABLE",
        [MemoryAdvice.HugePage] = "MADV_HUGEPAGE",
        [MemoryAdvice.NoHugePage] = "MADV_NOHUGEPAGE",
        [MemoryAdvice.DontDump] = "MADV_DONTDUMP",
        [MemoryAdvice.DoDump] = "MADV_DODUMP",
        [MemoryAdvice.Cold] = "MADV_COLD",
        [MemoryAdvice.PageOut] = "MADV_PAGEOUT",
        [MemoryAdvice.PopulateRead] = "MADV_POPULATE_READ",
        [MemoryAdvice.PopulateWrite] = "MADV_POPULATE_WRITE",
        [MemoryAdvice.Collapse] = "MADV_COLLAPSE",
        [OpenResolve.NoOtherFileSystems] = "RESOLVE_NO_XDEV",
        [OpenResolve.NoMagicLinks] = "RESOLVE_NO_MAGICLINKS",
        [OpenResolve.NoSymbolicLinks] = "RESOLVE_NO_SYMLINKS",
        [OpenResolve.Beneath] = "RESOLVE_BENEATH",
        [OpenResolve.InRoot] = "RESOLVE_IN_ROOT",
        [OpenResolve.Cached] = "RESOLVE_CACHED",
        [ExtendedAttributeFlags.Create] = "XATTR_CREATE",
        [ExtendedAttributeFlags.Replace] = "XATTR_REPLACE",
        [SpliceFlags.Move] = "SPLICE_F_MOVE",
        [SpliceFlags.NonBlocking] = "SPLICE_F_NONBLOCK",
        [SpliceFlags.More] = "SPLICE_F_MORE",
        [PipeFlags.NonBlocking] = "O_NONBLOCK",
        [PipeFlags.CloseOnExec] = "O_CLOEXEC",
        [EpollOperation.Add] = "EPOLL_CTL_ADD",
        [EpollOperation.Remove] = "EPOLL_CTL_DEL",
        [EpollOperation.Modify] = "EPOLL_CTL_MOD",
        [EpollEvents.Readable] = "EPOLLIN",
        [EpollEvents.Priority] = "EPOLLPRI",
        [EpollEvents.Writable] = "EPOLLOUT",
        [EpollEvents.Error] = "EPOLLERR",
        [EpollEvents.HangUp] = "EPOLLHUP",
        [EpollEvents.ReadHangUp] = "EPOLLRDHUP",
        [EpollEvents.Exclusive] = "EPOLLEXCLUSIVE",
        [EpollEvents.OneShot] = "EPOLLONESHOT",
        [EpollEvents.EdgeTriggered] = "EPOLLET",
        [ChildSelector.Any] = "P_ALL",
        [ChildSelector.Process] = "P_PID",
        [ChildSelector.Group] = "P_PGID",
        [ChildSelector.ProcessDescriptor] = "P_PIDFD",
        [ChildChanges.NoWait] = "WNOHANG",
        [ChildChanges.Stopped] = "WSTOPPED",
        [ChildChanges.Exited] = "WEXITED",
        [ChildChanges.Continued] = "WCONTINUED",
        [ChildChanges.Keep] = "WNOWAIT",
        [ChildChange.Exited] = "CLD_EXITED",
        [ChildChange.Killed] = "CLD_KILLED",
        [ChildChange.Dumped] = "CLD_DUMPED",
        [ChildChange.Trapped] = "CLD_TRAPPED",
        [ChildChange.Stopped] = "CLD_STOPPED",
        [ChildChange.Continued] = "CLD_CONTINUED",
        [AioBlockFlags.EventDescriptor] = "IOCB_FLAG_RESFD",
        [AioBlockFlags.Priority] = "IOCB_FLAG_IOPRIO",
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
        "AioAbi.RingMagic", // Of the kernel's source.
        "InotifyAbi.EventBytes", // The size of a record without its name.
        "CompletionFlags.Copied",
        "Errno.Highest",
        "Errno.ERESTARTSYS", // Private to the kernel: no header of user space has them.
        "Errno.ERESTARTNOINTR",
        "Errno.ERESTARTNOHAND",
        "Errno.ENOIOCTLCMD",
        "Errno.ERESTARTBLOCK",
        "Errno.ENOTSUPP",
    ];

    /// <summary>Gets the enums whose members have C names.</summary>
    public static IEnumerable<Type> EnumTypes => Prefixed.Select(p => p.Type).Concat(Members.Keys.Select(k => k.GetType())).Distinct();

    /// <summary>The constants of the static classes that carry C names.</summary>
    public static IEnumerable<HeaderFact> Constants() =>
        from type in new[] { typeof(IoUringAbi), typeof(AioAbi), typeof(InotifyAbi), typeof(Libc), typeof(Errno) }
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
                if (OurOwn.Contains(managed))
                {
                    continue;
                }

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
        new("EpollEvent.RecordBytes", EpollEvent.RecordBytes, "sizeof(struct epoll_event)"),
        new("ChildStatus.RecordBytes", ChildStatus.RecordBytes, "sizeof(siginfo_t)"),
        new("where ChildStatus reads the change", 8, "offsetof(siginfo_t, si_code)"),
        new("where ChildStatus reads the process", 16, "offsetof(siginfo_t, si_pid)"),
        new("where ChildStatus reads the user", 20, "offsetof(siginfo_t, si_uid)"),
        new("where ChildStatus reads the status", 24, "offsetof(siginfo_t, si_status)"),
        new("the room of five bytes of control data", ControlMessages.SpaceFor(5), "CMSG_SPACE(5)"),
        new("MessageParts.LargestAddress", MessageParts.LargestAddress, "sizeof(struct sockaddr_storage)"),
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
