using System.Buffers;

namespace Dispatch;

/// <summary>
/// What of a file is in memory already, and how to get it there. Whether it is, only a read that may not wait can tell: cachestat(2) counts pages that are still being read (seen: 2,048 counted, 1,024 there), mincore(2) claims all pages
/// of files that the process may not write, and both need a map or a newer kernel. And what a read brings is there, which advice is not.
/// </summary>
internal static class PageCache
{
    /// <summary>How much is looked at in the caller's turn. At some 25 GB a second that is less than a millisecond.</summary>
    private const long MostAtOnce = 16 << 20;

    /// <summary>One read. As much as the kernel reads ahead by default, and small enough to stay in a CPU's own cache: the bytes themselves are of no interest.</summary>
    private const int PieceBytes = 128 << 10;

    /// <summary>Reads what is there. Owner only; the file is open.</summary>
    public static unsafe bool TryRead(DispatchFile file, Span<byte> buffer, long offset, out int count)
    {
        count = 0;
        if (file.OwnedDescriptor.IsDirect)
        {
            return false; // Such a read would wait for the device, flag or no flag.
        }

        int result;
        fixed (byte* start = buffer)
        {
            do
            {
                result = file.Engine.Ring.Calls.ReadCached(file.OwnedDescriptor.Number, start, buffer.Length, offset);
            }
            while (result == -Errno.EINTR);
        }

        if (result >= 0)
        {
            count = result;
            return true;
        }

        return result is -Errno.EAGAIN or -Errno.EOPNOTSUPP ? false : throw ErrorMap.ForFile("preadv2", result, file.Path);
    }

    /// <summary>Reads a range into nowhere. Any thread.</summary>
    public static ValueTask ReadaheadAsync(DispatchFile file, long offset, long length, CancellationToken token)
    {
        if (file.OwnedDescriptor.IsDirect)
        {
            throw new InvalidOperationException($"'{file.Path}' is open for direct I/O, which passes the page cache by: there is nothing to read ahead into. Open it without FileOpenOptions.Direct, or leave the call out.");
        }

        if (!file.Engine.IsOwner)
        {
            return FromElsewhereAsync(file, offset, length, token);
        }

        if (token.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(token);
        }

        ObjectDisposedException.ThrowIf(file.IsClosed, file);
        long end = length > long.MaxValue - offset ? long.MaxValue : offset + length;
        byte[] nowhere = ArrayPool<byte>.Shared.Rent(PieceBytes);
        bool done;
        try
        {
            done = IsThere(file, nowhere, ref offset, end);
        }
        catch (Exception e)
        {
            ArrayPool<byte>.Shared.Return(nowhere);
            return ValueTask.FromException(e);
        }

        if (!done)
        {
            return ReadOnAsync(file, nowhere, offset, end, token);
        }

        ArrayPool<byte>.Shared.Return(nowhere);
        return ValueTask.CompletedTask;
    }

    /// <summary>Goes on as far as everything is there, and says whether that was all.</summary>
    private static bool IsThere(DispatchFile file, byte[] nowhere, ref long offset, long end)
    {
        long last = Math.Min(end, offset > long.MaxValue - MostAtOnce ? long.MaxValue : offset + MostAtOnce);
        while (offset < last)
        {
            if (!TryRead(file, nowhere.AsSpan(0, (int)Math.Min(PieceBytes, last - offset)), offset, out int count))
            {
                return false;
            }

            if (count == 0)
            {
                return true; // The end of the file.
            }

            offset += count;
        }

        return offset >= end;
    }

    /// <summary>Reads the rest through the ring, a piece at a time; of what is there already, each piece costs a turn. The buffer is the kernel's until a read ends, and an await ends no earlier.</summary>
    private static async ValueTask ReadOnAsync(DispatchFile file, byte[] nowhere, long offset, long end, CancellationToken token)
    {
        try
        {
            while (offset < end)
            {
                int count = await file.Loop.ExecuteAsync(IoRequest.Read(file, nowhere.AsMemory(0, (int)Math.Min(PieceBytes, end - offset)), offset), token);
                if (count == 0)
                {
                    return;
                }

                offset += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(nowhere);
        }
    }

    private static ValueTask FromElsewhereAsync(DispatchFile file, long offset, long length, CancellationToken token) =>
        new(file.Loop.InvokeAsync(() => ReadaheadAsync(file, offset, length, token).AsTask()));
}
