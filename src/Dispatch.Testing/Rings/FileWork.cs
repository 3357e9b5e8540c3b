using System.Buffers;

namespace Dispatch.Testing;

/// <summary>Reads and writes, in one piece or several.</summary>
internal static class FileWork
{
    /// <summary>Reads.</summary>
    public static int Read(RingWork work)
    {
        ref SubmissionEntry entry = ref work.Request.Entry;
        OpenDescription target = work.Target!;
        if (work.Memory.IsOnePiece || work.Memory.Length == 0)
        {
            return target.Read(work.Memory.Bytes, (long)entry.Offset, entry.OperationFlags);
        }

        byte[] whole = ArrayPool<byte>.Shared.Rent(work.Memory.Length);
        int read = target.Read(whole.AsSpan(0, work.Memory.Length), (long)entry.Offset, entry.OperationFlags);
        if (read > 0)
        {
            work.Memory.CopyFrom(whole.AsSpan(0, read));
        }

        ArrayPool<byte>.Shared.Return(whole);
        return read;
    }

    /// <summary>Writes.</summary>
    public static int Write(RingWork work)
    {
        ref SubmissionEntry entry = ref work.Request.Entry;
        OpenDescription target = work.Target!;
        if (work.Kernel.IsCrashing)
        {
            return -Errno.EIO;
        }

        if (work.Memory.IsOnePiece || work.Memory.Length == 0)
        {
            return target.Write(work.Memory.Bytes, (long)entry.Offset, entry.OperationFlags);
        }

        byte[] whole = ArrayPool<byte>.Shared.Rent(work.Memory.Length);
        work.Memory.CopyTo(whole);
        int written = target.Write(whole.AsSpan(0, work.Memory.Length), (long)entry.Offset, entry.OperationFlags);
        ArrayPool<byte>.Shared.Return(whole);
        return written;
    }
}
