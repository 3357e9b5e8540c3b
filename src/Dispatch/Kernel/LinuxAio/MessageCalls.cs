using System.Runtime.InteropServices;
using static Dispatch.AioAbi;

namespace Dispatch;

/// <summary>
/// Sends and receives of messages, from where they stopped: the kernel moves all of a message that was asked for whole (MSG_WAITALL) only when it may wait, and these calls never do. <c>sendmsg(2)</c>,
/// <c>recvmsg(2)</c>. Any thread.
/// </summary>
internal static unsafe class MessageCalls
{
    /// <summary>Moves what is left of a message.</summary>
    /// <param name="number">The call.</param>
    /// <param name="entry">The request.</param>
    /// <param name="done">How many bytes of it were moved before.</param>
    /// <param name="flags">The flags of this call.</param>
    public static long Run(long number, in SubmissionEntry entry, long done, long flags)
    {
        if (done == 0)
        {
            return SystemCall.Run(number, entry.Fd, (long)entry.Address, flags);
        }

        Header header;
        if (!UserMemory.TryRead(&header, entry.Address, sizeof(Header)) || header.PieceCount > Libc.IOV_MAX)
        {
            return -Errno.EFAULT;
        }

        uint count = (uint)header.PieceCount;
        Piece* rest = stackalloc Piece[(int)count];
        if (!UserMemory.TryRead(rest, header.Pieces, (int)count * sizeof(Piece)))
        {
            return -Errno.EFAULT;
        }

        WorkerCalls.Skip(ref rest, ref count, (ulong)done);
        header.Pieces = (ulong)rest;
        header.PieceCount = count;
        header.ControlLength = 0; // It went, or came, with the first bytes.
        return count == 0 ? 0 : SystemCall.Run(number, entry.Fd, (long)&header, flags);
    }

    /// <summary>Says how many bytes a message has or has room for; −1 when its records cannot be read.</summary>
    public static long LengthOf(in SubmissionEntry entry)
    {
        Header header;
        if (!UserMemory.TryRead(&header, entry.Address, sizeof(Header)) || header.PieceCount > Libc.IOV_MAX)
        {
            return -1;
        }

        Piece* pieces = stackalloc Piece[(int)header.PieceCount];
        if (header.PieceCount != 0 && !UserMemory.TryRead(pieces, header.Pieces, (int)header.PieceCount * sizeof(Piece)))
        {
            return -1;
        }

        ulong length = 0;
        for (ulong i = 0; i < header.PieceCount; i++)
        {
            length += pieces[i].Length;
        }

        return length <= int.MaxValue ? (long)length : -1;
    }

    /// <summary><c>struct msghdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public ulong Name;
        public ulong NameLength;
        public ulong Pieces;
        public ulong PieceCount;
        public ulong Control;
        public ulong ControlLength;
        public ulong Flags;
    }
}
