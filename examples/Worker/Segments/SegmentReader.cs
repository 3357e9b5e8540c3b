using System.Buffers;
using System.Text;

namespace Dispatch.Examples.Worker.Segments;

/// <summary>Reads a segment from its beginning, record by record, as far as it is whole.</summary>
internal static class SegmentReader
{
    /// <summary>Reads all records. Returns where the last whole one ends; what follows, if anything does, was torn by a crash or damaged.</summary>
    /// <param name="file">The segment.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="found">Told of each whole record.</param>
    public static async Task<long> ReadAsync(DispatchFile file, long length, Action<StoredRecord> found)
    {
        byte[] start = new byte[RecordHeader.Size];
        long position = 0;
        while (position < length)
        {
            if (!await FillAsync(file, start, position) || !RecordHeader.TryRead(start, out RecordHeader header) || position + header.RecordLength > length)
            {
                break;
            }

            byte[] buffer = ArrayPool<byte>.Shared.Rent((int)header.RecordLength);
            try
            {
                Memory<byte> record = buffer.AsMemory(0, (int)header.RecordLength);
                if (!await FillAsync(file, record, position) || !header.Matches(record.Span))
                {
                    break;
                }

                found(new StoredRecord(Encoding.UTF8.GetString(record.Span.Slice(RecordHeader.Size, header.NameLength)), header.ContentLength, header.Checksum));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            position += header.RecordLength;
        }

        return position;
    }

    private static async ValueTask<bool> FillAsync(DispatchFile file, Memory<byte> buffer, long position)
    {
        while (!buffer.IsEmpty)
        {
            int count = await file.ReadAsync(buffer, position);
            if (count == 0)
            {
                return false;
            }

            buffer = buffer[count..];
            position += count;
        }

        return true;
    }
}
