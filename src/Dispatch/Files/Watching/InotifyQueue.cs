using System.Buffers.Binary;
using System.Text;

namespace Dispatch;

/// <summary>
/// The events of one inotify descriptor, read without waiting as many at a time as fit. That is a plain call and no request: the descriptor cannot be read "or else EAGAIN" by the ring, so that the kernel would have a worker of its
/// read it, after a poll; the poll is the ring's, and the call that follows never waits. <c>inotify(7)</c>. Owner thread only.
/// </summary>
internal sealed class InotifyQueue(LoopEngine engine, int descriptor)
{
    private readonly byte[] buffer = new byte[8192];
    private readonly NameCache names = new();
    private int start;
    private int end;

    /// <summary>Takes the next event. False: there is none now. Throws when the descriptor cannot be read.</summary>
    public bool TryTake(out InotifyEvent taken)
    {
        if (start == end)
        {
            int read = engine.Ring.Calls.ReadNow(descriptor, buffer);
            if (read == -Errno.EAGAIN)
            {
                taken = default;
                return false;
            }

            if (read < 0)
            {
                throw ErrorMap.ForFile("read", read);
            }

            start = 0;
            end = read;
        }

        ReadOnlySpan<byte> record = buffer.AsSpan(start, end - start);
        int length = BinaryPrimitives.ReadInt32LittleEndian(record[12..]);
        ReadOnlySpan<byte> name = record.Slice(InotifyAbi.EventBytes, length);
        int terminator = name.IndexOf((byte)0);
        taken = new InotifyEvent(
            BinaryPrimitives.ReadInt32LittleEndian(record),
            BinaryPrimitives.ReadUInt32LittleEndian(record[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[8..]),
            length == 0 ? null : names.Get(terminator < 0 ? name : name[..terminator]));
        start += InotifyAbi.EventBytes + length;
        return true;
    }

    /// <summary>The same few files are written again and again: their names are made once.</summary>
    private sealed class NameCache
    {
        private const int Places = 64;
        private readonly (byte[] Bytes, string Name)[] cached = new (byte[], string)[Places];

        public string Get(ReadOnlySpan<byte> bytes)
        {
            HashCode hash = default;
            hash.AddBytes(bytes);
            ref (byte[] Bytes, string Name) place = ref cached[(uint)hash.ToHashCode() % Places];
            if (place.Bytes is null || !bytes.SequenceEqual(place.Bytes))
            {
                place = (bytes.ToArray(), Encoding.UTF8.GetString(bytes));
            }

            return place.Name;
        }
    }
}
