using Tmds.Linux;

namespace Dispatch;

/// <summary>
/// Tells whether it is descriptors that the process has run out of: the runtime needs a pipe for a new thread, and calls it a lack of memory when there is none to be had.
/// </summary>
internal static unsafe class DescriptorShortage
{
    /// <summary>Makes a pipe and closes it again. Returns EMFILE or ENFILE when none can be made, else 0.</summary>
    public static int Probe()
    {
        int* ends = stackalloc int[2];
        if (LibC.pipe2(ends, LibC.O_CLOEXEC) < 0)
        {
            int errno = LibC.errno;
            return errno is Errno.EMFILE or Errno.ENFILE ? errno : 0;
        }

        _ = LibC.close(ends[0]);
        _ = LibC.close(ends[1]);
        return 0;
    }
}
