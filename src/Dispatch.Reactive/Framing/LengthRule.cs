using System.Buffers.Binary;
using System.Globalization;

namespace Dispatch.Reactive;

/// <summary>Records behind their length: an unsigned number of 1, 2 or 4 bytes, which does not count itself.</summary>
internal sealed class LengthRule(int prefixBytes, ByteOrder order, int maxLength) : IFrameRule
{
    /// <inheritdoc/>
    public int Measure(ReadOnlySpan<byte> data)
    {
        if (data.Length < prefixBytes)
        {
            return 0;
        }

        uint length = prefixBytes switch
        {
            1 => data[0],
            2 => order == ByteOrder.BigEndian ? BinaryPrimitives.ReadUInt16BigEndian(data) : BinaryPrimitives.ReadUInt16LittleEndian(data),
            _ => order == ByteOrder.BigEndian ? BinaryPrimitives.ReadUInt32BigEndian(data) : BinaryPrimitives.ReadUInt32LittleEndian(data),
        };
        if (length > maxLength)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"A received record announces {length} bytes, and maxLength allows {maxLength}. Raise it if such records are to be expected; if not, the prefix's size or byte order is another than {prefixBytes} bytes, {order}, or the peer means harm: close the connection."));
        }

        return prefixBytes + (int)length;
    }

    /// <inheritdoc/>
    public int Take(ReadOnlySpan<byte> begun, ReadOnlySpan<byte> next)
    {
        int until = begun.Length < prefixBytes ? prefixBytes : Measure(begun);
        return Math.Min(until - begun.Length, next.Length);
    }

    /// <inheritdoc/>
    public bool IsWhole(ReadOnlySpan<byte> begun) => Measure(begun) == begun.Length;

    /// <inheritdoc/>
    public (int Offset, int Length) Payload(ReadOnlySpan<byte> frame) => (prefixBytes, frame.Length - prefixBytes);

    /// <inheritdoc/>
    public Exception? AtEnd(ReadOnlySpan<byte> rest) => new EndOfStreamException(rest.Length < prefixBytes
        ? string.Create(CultureInfo.InvariantCulture, $"The peer finished sending inside a record's length: {rest.Length} of its {prefixBytes} bytes came.")
        : string.Create(CultureInfo.InvariantCulture, $"The peer finished sending inside a record: {rest.Length - prefixBytes} of its {Measure(rest) - prefixBytes} bytes came."));
}
