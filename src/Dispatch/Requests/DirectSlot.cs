namespace Dispatch;

/// <summary>
/// A direct descriptor: a place in the table that a loop's io_uring keeps open files in. It serves requests of that loop only, is no descriptor of the process, and costs requests less than one. io_uring only: on other kernels a request with
/// one fails. See <c>io_uring_register_files(3)</c>.
/// </summary>
/// <param name="Number">The place, from 0.</param>
public readonly record struct DirectSlot(int Number)
{
    /// <summary>Gets what stands for a place that the kernel picks; the completion's result tells which (Linux 5.19).</summary>
    public static DirectSlot Any => new(-1);

    /// <summary>Gets the number as an entry has it: from 1, because 0 says that no direct descriptor is meant.</summary>
    internal uint FileIndex => this == Any ? IoUringAbi.IORING_FILE_INDEX_ALLOC : (uint)Number + 1;

    /// <summary>Makes a loop's table, once a loop; it goes with the loop. Owner thread only.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="count">How many places; no more than the limit on open descriptors (RLIMIT_NOFILE).</param>
    /// <exception cref="InvalidOperationException">The loop has a table.</exception>
    /// <exception cref="PlatformNotSupportedException">The loop does not run on io_uring.</exception>
    /// <exception cref="IOException">The kernel refused: EMFILE when there are more places than the process may have descriptors.</exception>
    public static unsafe void RegisterTable(EventLoop loop, int count)
    {
        ArgumentNullException.ThrowIfNull(loop);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 32_768);
        LoopEngine engine = loop.Engine;
        engine.VerifyOwner();
        engine.VerifyOpen();
        if (engine.Ring.Description.Kind != KernelKind.IoUring)
        {
            throw new PlatformNotSupportedException($"{loop.Name} does not run on io_uring, which alone has direct descriptors. Use plain descriptors.");
        }

        int[] empty = new int[count];
        Array.Fill(empty, -1);
        fixed (int* first = empty)
        {
            int result = engine.Ring.Register(IoUringAbi.IORING_REGISTER_FILES, first, (uint)count);
            if (result == -Errno.EBUSY)
            {
                throw new InvalidOperationException($"{loop.Name} has a table of direct descriptors already; the kernel keeps one a ring.");
            }

            if (result < 0)
            {
                throw ErrorMap.ForFile("io_uring_register", result);
            }
        }
    }
}
