using Tmds.Linux;
using static Dispatch.IoUringAbi;

namespace Dispatch;

/// <summary>
/// The memory of a ring. Ours by preference (<c>IORING_SETUP_NO_MMAP</c>): terminal completions then still arrive in it after the ring's
/// descriptor was closed, which is the only way to learn that the kernel has let go of a buffer when the owner's thread is gone.
/// </summary>
internal sealed unsafe class IoUringMemory
{
    private const nuint HeaderBytes = 4096;

    private readonly nuint ringBytes;
    private readonly nuint entryBytes;
    private byte* rings;
    private byte* entries;
    private IoUringRecords.Params parameters;

    private IoUringMemory(nuint ringBytes, nuint entryBytes, bool isOurs)
    {
        this.ringBytes = ringBytes;
        this.entryBytes = entryBytes;
        IsOurs = isOurs;
    }

    /// <summary>Gets a value indicating whether the memory outlives the ring's descriptor.</summary>
    public bool IsOurs { get; }

    /// <summary>Gets the address of the submission queue's flag word.</summary>
    public uint* Flags => (uint*)(rings + parameters.SqOff.Flags);

    /// <summary>Allocates memory for a ring of this size, to be handed to <c>io_uring_setup</c>.</summary>
    public static IoUringMemory Allocate(uint submissionEntries, uint completionEntries)
    {
        nuint rings = RingBytesOf(submissionEntries, completionEntries);
        nuint entries = EntryBytesOf(submissionEntries);
        IoUringMemory memory = new(rings, entries, isOurs: true);
        memory.rings = MapAnonymous(rings);
        memory.entries = MapAnonymous(entries);
        return memory;
    }

    /// <summary>How much memory a ring of this size takes, a page more or less.</summary>
    public static ulong BytesOf(uint submissionEntries, uint completionEntries) => RingBytesOf(submissionEntries, completionEntries) + EntryBytesOf(submissionEntries);

    /// <summary>Maps the kernel's own memory of a ring that was set up without ours.</summary>
    public static IoUringMemory MapKernels(int descriptor, in IoUringRecords.Params parameters)
    {
        nuint submissionBytes = parameters.SqOff.Array + (parameters.SqEntries * sizeof(uint));
        nuint completionBytes = parameters.CqOff.Cqes + (parameters.CqEntries * (nuint)sizeof(CompletionEntry));
        nuint rings = RoundToPage(Math.Max(submissionBytes, completionBytes));
        nuint entries = EntryBytesOf(parameters.SqEntries);
        IoUringMemory memory = new(rings, entries, isOurs: false);
        try
        {
            memory.rings = MapDescriptor(descriptor, rings, IORING_OFF_SQ_RING);
            memory.entries = MapDescriptor(descriptor, entries, IORING_OFF_SQES);
        }
        catch
        {
            memory.Free();
            _ = LibC.close(descriptor);
            throw;
        }

        return memory;
    }

    /// <summary>Writes the two addresses into the set-up record.</summary>
    public void Offer(ref IoUringRecords.Params parameters)
    {
        parameters.SqOff.UserAddress = (ulong)entries;
        parameters.CqOff.UserAddress = (ulong)rings;
    }

    /// <summary>Takes over the offsets that the kernel answered with.</summary>
    public void Accept(in IoUringRecords.Params parameters) => this.parameters = parameters;

    /// <summary>Lays the seam's two queues over the memory.</summary>
    public void Map(ref SubmissionRing submissions, ref CompletionRing completions)
    {
        submissions.Entries = (SubmissionEntry*)entries;
        submissions.Capacity = parameters.SqEntries;
        submissions.Mask = parameters.SqEntries - 1;
        submissions.KernelHead = (uint*)(rings + parameters.SqOff.Head);
        submissions.KernelTail = (uint*)(rings + parameters.SqOff.Tail);
        completions.Entries = (CompletionEntry*)(rings + parameters.CqOff.Cqes);
        completions.Capacity = parameters.CqEntries;
        completions.Mask = parameters.CqEntries - 1;
        completions.KernelHead = (uint*)(rings + parameters.CqOff.Head);
        completions.KernelTail = (uint*)(rings + parameters.CqOff.Tail);

        if ((parameters.Flags & IORING_SETUP_NO_SQARRAY) == 0)
        {
            // The index array is filled once with the identity, after which it is as if it were not there.
            uint* array = (uint*)(rings + parameters.SqOff.Array);
            for (uint i = 0; i < parameters.SqEntries; i++)
            {
                array[i] = i;
            }
        }
    }

    /// <summary>Unmaps. The caller knows that the kernel writes here no more.</summary>
    public void Free()
    {
        if (rings != null)
        {
            _ = LibC.munmap(rings, (size_t)(ulong)ringBytes);
            rings = null;
        }

        if (entries != null)
        {
            _ = LibC.munmap(entries, (size_t)(ulong)entryBytes);
            entries = null;
        }
    }

    /// <summary>The kernel says the offsets only afterwards: header, completions and, on older kernels, the index array, with room to spare.</summary>
    private static nuint RingBytesOf(uint submissionEntries, uint completionEntries) =>
        RoundToPage(HeaderBytes + (completionEntries * (nuint)sizeof(CompletionEntry)) + (submissionEntries * sizeof(uint)));

    private static nuint EntryBytesOf(uint submissionEntries) => RoundToPage(submissionEntries * (nuint)sizeof(SubmissionEntry));

    private static nuint RoundToPage(nuint bytes)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        return (bytes + page - 1) / page * page;
    }

    private static byte* MapAnonymous(nuint bytes)
    {
        void* address = LibC.mmap(null, (size_t)(ulong)bytes, LibC.PROT_READ | LibC.PROT_WRITE, LibC.MAP_PRIVATE | LibC.MAP_ANONYMOUS | LibC.MAP_POPULATE, -1, 0);
        if (address == LibC.MAP_FAILED)
        {
            throw new InsufficientMemoryException($"mmap of {bytes} bytes for a completion ring failed with {Errno.Name(LibC.errno)}.");
        }

        // A child of fork would share the queues copy-on-write and see frozen ones; it has no use for them.
        _ = LibC.madvise(address, (size_t)(ulong)bytes, LibC.MADV_DONTFORK);
        return (byte*)address;
    }

    private static byte* MapDescriptor(int descriptor, nuint bytes, ulong offset)
    {
        void* address = LibC.mmap(null, (size_t)(ulong)bytes, LibC.PROT_READ | LibC.PROT_WRITE, LibC.MAP_SHARED | LibC.MAP_POPULATE, descriptor, (long)offset);
        if (address == LibC.MAP_FAILED)
        {
            throw new InsufficientMemoryException($"mmap of {bytes} bytes of a completion ring failed with {Errno.Name(LibC.errno)}.");
        }

        _ = LibC.madvise(address, (size_t)(ulong)bytes, LibC.MADV_DONTFORK);
        return (byte*)address;
    }
}
