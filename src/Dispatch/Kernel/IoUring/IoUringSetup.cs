using System.Diagnostics;
using System.Numerics;
using Tmds.Linux;
using static Dispatch.IoUringAbi;

namespace Dispatch;

/// <summary>
/// Sets a ring up by trying: the best flags first, then fewer, and never by comparing kernel versions, which distributions make
/// meaningless.
/// </summary>
internal static unsafe class IoUringSetup
{
    private const uint RequiredFeatures = IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_EXT_ARG | IORING_FEAT_CQE_SKIP;
    private const uint Base = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
    private const uint Deferred = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
    private const uint Cooperative = IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG;

    private static readonly TimeSpan ReturnOfMemory = TimeSpan.FromSeconds(2);

    private static readonly (uint Bit, string Name)[] FlagNames =
    [
        (IORING_SETUP_CQSIZE, "CQSIZE"),
        (IORING_SETUP_CLAMP, "CLAMP"),
        (IORING_SETUP_SINGLE_ISSUER, "SINGLE_ISSUER"),
        (IORING_SETUP_DEFER_TASKRUN, "DEFER_TASKRUN"),
        (IORING_SETUP_COOP_TASKRUN, "COOP_TASKRUN"),
        (IORING_SETUP_TASKRUN_FLAG, "TASKRUN_FLAG"),
        (IORING_SETUP_SUBMIT_ALL, "SUBMIT_ALL"),
        (IORING_SETUP_NO_SQARRAY, "NO_SQARRAY"),
        (IORING_SETUP_NO_MMAP, "NO_MMAP"),
    ];

    private static readonly (uint Bit, string Name)[] FeatureNames =
    [
        (IORING_FEAT_SINGLE_MMAP, "SINGLE_MMAP"),
        (IORING_FEAT_NODROP, "NODROP"),
        (IORING_FEAT_SUBMIT_STABLE, "SUBMIT_STABLE"),
        (IORING_FEAT_RW_CUR_POS, "RW_CUR_POS"),
        (IORING_FEAT_CUR_PERSONALITY, "CUR_PERSONALITY"),
        (IORING_FEAT_FAST_POLL, "FAST_POLL"),
        (IORING_FEAT_POLL_32BITS, "POLL_32BITS"),
        (IORING_FEAT_SQPOLL_NONFIXED, "SQPOLL_NONFIXED"),
        (IORING_FEAT_EXT_ARG, "EXT_ARG"),
        (IORING_FEAT_NATIVE_WORKERS, "NATIVE_WORKERS"),
        (IORING_FEAT_RSRC_TAGS, "RSRC_TAGS"),
        (IORING_FEAT_CQE_SKIP, "CQE_SKIP"),
        (IORING_FEAT_LINKED_FILE, "LINKED_FILE"),
        (IORING_FEAT_REG_REG_RING, "REG_REG_RING"),
        (IORING_FEAT_RECVSEND_BUNDLE, "RECVSEND_BUNDLE"),
        (IORING_FEAT_MIN_TIMEOUT, "MIN_TIMEOUT"),
        (IORING_FEAT_RW_ATTR, "RW_ATTR"),
        (IORING_FEAT_NO_IOWAIT, "NO_IOWAIT"),
    ];

    /// <summary>
    /// Gets the sets of flags to try, from the best to the least. Every one still has the task-run flag, because a loop that polls without system
    /// calls depends on it.
    /// </summary>
    public static IReadOnlyList<uint> DefaultLadder { get; } =
    [
        Base | Deferred | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_NO_SQARRAY | IORING_SETUP_NO_MMAP,
        Base | Deferred | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_NO_MMAP,
        Base | Deferred | IORING_SETUP_SUBMIT_ALL,
        Base | Cooperative | IORING_SETUP_SUBMIT_ALL,
    ];

    /// <summary>Sets up a ring of this size with the first set of flags that the kernel takes, or throws <see cref="KernelUnavailableException"/>.</summary>
    public static Result Run(uint submissionEntries, uint completionEntries, IReadOnlyList<uint> ladder)
    {
        // The kernel rounds up to powers of two. Memory of ours has to be as large as the ring that it makes, not as the one that was asked for:
        // it would go on into whatever lies behind.
        submissionEntries = BitOperations.RoundUpToPowerOf2(submissionEntries);
        completionEntries = BitOperations.RoundUpToPowerOf2(completionEntries);
        List<string> refused = [];
        foreach (uint flags in ladder)
        {
            int errno = TryStep(flags, submissionEntries, completionEntries, out Result? result);
            if (result is not null)
            {
                result.Refused = refused;
                return result;
            }

            if (errno != Errno.EINVAL)
            {
                throw KernelUnavailableException.FromErrno("io_uring_setup", errno, LockedMemoryLimit());
            }

            refused.Add(string.Join('|', NamesOf(flags, FlagNames)));
        }

        throw KernelUnavailableException.FromErrno("io_uring_setup", Errno.EINVAL, 0);
    }

    private static int TryStep(uint flags, uint submissionEntries, uint completionEntries, out Result? result)
    {
        result = null;
        bool ours = (flags & IORING_SETUP_NO_MMAP) != 0;
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            IoUringMemory? memory = ours ? IoUringMemory.Allocate(submissionEntries, completionEntries) : null;
            IoUringRecords.Params parameters = new() { Flags = flags, CqEntries = completionEntries };
            memory?.Offer(ref parameters);
            int descriptor = LibC.io_uring_setup(submissionEntries, (io_uring_params*)&parameters);
            if (descriptor < 0)
            {
                int errno = LibC.errno;
                memory?.Free();

                // The memory of a ring that was just closed is given back to the limit up to a second later. A limit that holds no such ring at all
                // is not worth waiting for.
                if (errno == Errno.ENOMEM
                    && LockedMemoryLimit() >= IoUringMemory.BytesOf(submissionEntries, completionEntries)
                    && Stopwatch.GetElapsedTime(start) < ReturnOfMemory)
                {
                    Thread.Sleep(20);
                    continue;
                }

                return errno;
            }

            if ((parameters.Features & RequiredFeatures) != RequiredFeatures)
            {
                _ = LibC.close(descriptor);
                memory?.Free();
                return Errno.EINVAL;
            }

            memory ??= IoUringMemory.MapKernels(descriptor, parameters);
            memory.Accept(parameters);
            result = new Result(descriptor, memory, parameters);
            return 0;
        }
    }

    private static ulong LockedMemoryLimit()
    {
        Libc.ResourceLimit limit = default;
        return Libc.GetResourceLimit(Libc.RLIMIT_MEMLOCK, &limit) == 0 ? limit.Soft : 0;
    }

    private static List<string> NamesOf(uint bits, (uint Bit, string Name)[] names) =>
        [.. names.Where(n => (bits & n.Bit) != 0).Select(n => n.Name)];

    /// <summary>A ring that was set up.</summary>
    internal sealed class Result(int descriptor, IoUringMemory memory, IoUringRecords.Params parameters)
    {
        public int Descriptor { get; } = descriptor;

        public IoUringMemory Memory { get; } = memory;

        public IReadOnlyList<string> Refused { get; set; } = [];

        public bool HasFeature(uint bit) => (parameters.Features & bit) != 0;

        public KernelDescription Describe(int supportedOpcodes, bool registeredDescriptor) => new(
            KernelKind.IoUring,
            parameters.SqEntries,
            parameters.CqEntries,
            NamesOf(parameters.Flags, FlagNames),
            NamesOf(parameters.Features, FeatureNames),
            Refused,
            supportedOpcodes,
            registeredDescriptor,
            "eventfd, multishot poll");
    }
}
