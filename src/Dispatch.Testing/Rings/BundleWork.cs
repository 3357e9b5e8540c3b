using System.Buffers;

namespace Dispatch.Testing;

/// <summary>A receive that fills as many provided buffers as there is data for (<c>IORING_RECVSEND_BUNDLE</c>), one behind the other, and names the first.</summary>
internal static unsafe class BundleWork
{
    private const int MostBuffers = 64;

    /// <summary>Receives once. The result is that of the socket: what is in the buffers, an error, or that there is nothing yet.</summary>
    public static int Receive(RingWork work, SocketDescription socket, MessageFlags flags)
    {
        Span<ProvidedBuffer> buffers = stackalloc ProvidedBuffer[MostBuffers];
        int limit = work.Request.Entry.Length == 0 ? int.MaxValue : (int)work.Request.Entry.Length;
        int count = 0;
        int room = 0;
        while (count < MostBuffers && room < limit && work.Ring.TryTakeBuffer(work, out buffers[count]))
        {
            room += (int)buffers[count++].Length;
        }

        if (count == 0)
        {
            return -Errno.ENOBUFS;
        }

        // One receive, as it is one in the kernel: two would meet an error twice.
        room = Math.Min(room, limit);
        byte[] data = ArrayPool<byte>.Shared.Rent(room);
        int received = socket.Receive(data.AsSpan(0, room), flags);
        int used = 0;
        for (int done = 0; done < received; used++)
        {
            int part = Math.Min(received - done, (int)buffers[used].Length);
            data.AsSpan(done, part).CopyTo(new Span<byte>((void*)buffers[used].Address, part));
            done += part;
        }

        ArrayPool<byte>.Shared.Return(data);
        for (; count > used; count--)
        {
            work.Request.HasBuffer = true;
            work.Ring.PutBufferBack(work);
        }

        if (used != 0)
        {
            work.Request.Buffer = buffers[0];
            work.Request.HasBuffer = true;
        }

        return received == Outcome.WouldBlock && (flags & MessageFlags.DoNotWait) != 0 ? -Errno.EAGAIN : received;
    }
}
