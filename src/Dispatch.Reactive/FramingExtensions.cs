using System.Text;

namespace Dispatch.Reactive;

/// <summary>Operators that cut received data into frames.</summary>
/// <remarks>
/// <para><b>Thread.</b> Frames come on the source's thread, inside its <c>OnNext</c>: for <see cref="Connection.Received"/> that is the owner.</para>
/// <para><b>Copies.</b> A frame that lies within one received buffer is not copied. One that comes in several is put together in pooled memory, which is given back when it was told. A <see cref="Frame"/> is valid during <c>OnNext</c> only,
/// and throws after it; <see cref="CopyExtensions.Copied(IObservable{Frame})"/> keeps it.</para>
/// <para><b>Ending.</b> With the source. Bytes of a frame that has not come to its end are lost when the subscription is disposed: a framed stream is not paused by disposing and subscribing again.</para>
/// <para><b>Errors.</b> A frame beyond its bound is an <see cref="InvalidDataException"/> as soon as that is known, and not when all of it has come: an endless line, or an announced length, costs no memory. A record that the end of the stream cuts
/// short is an <see cref="EndOfStreamException"/>. Both end the sequence, and let go of the source; a connection stays open for its owner to close. An observer that throws ends its subscription, and the source decides about the exception.</para>
/// <para><b>Backpressure.</b> Nothing is queued: a slow observer slows the source.</para>
/// </remarks>
public static class FramingExtensions
{
    private static readonly Func<Frame, Frame> AsIs = static frame => frame;
    private static readonly Func<Frame, string> AsText = static frame => Encoding.UTF8.GetString(frame.Span);

    /// <summary>Cuts received data into lines, which end with LF or CRLF; the last one may do without. The frames come without their ends.</summary>
    /// <param name="source">The received data.</param>
    /// <param name="maxLength">The longest line allowed, in bytes without its end; 1 or more.</param>
    /// <returns>The lines.</returns>
    public static IObservable<Frame> Lines(this IObservable<BufferLease> source, int maxLength) => Cut(source, LinesOf(maxLength), AsIs);

    /// <summary>Cuts memory into lines; see <see cref="Lines(IObservable{BufferLease}, int)"/>.</summary>
    /// <param name="source">The data; each piece valid during <c>OnNext</c>.</param>
    /// <param name="maxLength">The longest line allowed, in bytes without its end; 1 or more.</param>
    /// <returns>The lines.</returns>
    public static IObservable<Frame> Lines(this IObservable<ReadOnlyMemory<byte>> source, int maxLength) => Cut(source, LinesOf(maxLength), AsIs);

    /// <summary>Cuts received data into lines of text: UTF-8, with U+FFFD for what is not. A string needs no copying, it is one.</summary>
    /// <param name="source">The received data.</param>
    /// <param name="maxLength">The longest line allowed, in bytes without its end; 1 or more.</param>
    /// <returns>The lines.</returns>
    public static IObservable<string> TextLines(this IObservable<BufferLease> source, int maxLength) => Cut(source, LinesOf(maxLength), AsText);

    /// <summary>Cuts memory into lines of text; see <see cref="TextLines(IObservable{BufferLease}, int)"/>.</summary>
    /// <param name="source">The data; each piece valid during <c>OnNext</c>.</param>
    /// <param name="maxLength">The longest line allowed, in bytes without its end; 1 or more.</param>
    /// <returns>The lines.</returns>
    public static IObservable<string> TextLines(this IObservable<ReadOnlyMemory<byte>> source, int maxLength) => Cut(source, LinesOf(maxLength), AsText);

    /// <summary>Cuts received data into records that come behind their length, an unsigned number that does not count itself. The frames come without it.</summary>
    /// <param name="source">The received data.</param>
    /// <param name="prefixBytes">The size of the length: 1, 2 or 4 bytes.</param>
    /// <param name="maxLength">The longest record allowed, in bytes without its prefix; 0 or more.</param>
    /// <param name="order">The order of the length's bytes.</param>
    /// <returns>The records; empty ones too.</returns>
    public static IObservable<Frame> LengthPrefixed(this IObservable<BufferLease> source, int prefixBytes, int maxLength, ByteOrder order = ByteOrder.BigEndian) =>
        Cut(source, RecordsOf(prefixBytes, maxLength, order), AsIs);

    /// <summary>Cuts memory into records that come behind their length; see <see cref="LengthPrefixed(IObservable{BufferLease}, int, int, ByteOrder)"/>.</summary>
    /// <param name="source">The data; each piece valid during <c>OnNext</c>.</param>
    /// <param name="prefixBytes">The size of the length: 1, 2 or 4 bytes.</param>
    /// <param name="maxLength">The longest record allowed, in bytes without its prefix; 0 or more.</param>
    /// <param name="order">The order of the length's bytes.</param>
    /// <returns>The records; empty ones too.</returns>
    public static IObservable<Frame> LengthPrefixed(this IObservable<ReadOnlyMemory<byte>> source, int prefixBytes, int maxLength, ByteOrder order = ByteOrder.BigEndian) =>
        Cut(source, RecordsOf(prefixBytes, maxLength, order), AsIs);

    /// <summary>Cuts received data into records of one size.</summary>
    /// <param name="source">The received data.</param>
    /// <param name="size">The size in bytes; 1 or more.</param>
    /// <returns>The records.</returns>
    public static IObservable<Frame> Fixed(this IObservable<BufferLease> source, int size) => Cut(source, RecordsOf(size), AsIs);

    /// <summary>Cuts memory into records of one size.</summary>
    /// <param name="source">The data; each piece valid during <c>OnNext</c>.</param>
    /// <param name="size">The size in bytes; 1 or more.</param>
    /// <returns>The records.</returns>
    public static IObservable<Frame> Fixed(this IObservable<ReadOnlyMemory<byte>> source, int size) => Cut(source, RecordsOf(size), AsIs);

    private static LinkObservable<BufferLease, TOut> Cut<TOut>(IObservable<BufferLease> source, IFrameRule rule, Func<Frame, TOut> select)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new LinkObservable<BufferLease, TOut>(source, observer => new LeaseCutter<TOut>(observer, rule, select));
    }

    private static LinkObservable<ReadOnlyMemory<byte>, TOut> Cut<TOut>(IObservable<ReadOnlyMemory<byte>> source, IFrameRule rule, Func<Frame, TOut> select)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new LinkObservable<ReadOnlyMemory<byte>, TOut>(source, observer => new MemoryCutter<TOut>(observer, rule, select));
    }

    private static LineRule LinesOf(int maxLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxLength, Array.MaxLength - 2);
        return new LineRule(maxLength);
    }

    private static LengthRule RecordsOf(int prefixBytes, int maxLength, ByteOrder order)
    {
        if (prefixBytes is not (1 or 2 or 4))
        {
            throw new ArgumentOutOfRangeException(nameof(prefixBytes), prefixBytes, "A length prefix has 1, 2 or 4 bytes.");
        }

        if (order is not (ByteOrder.BigEndian or ByteOrder.LittleEndian))
        {
            throw new ArgumentOutOfRangeException(nameof(order), order, "The byte order is big-endian or little-endian.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(maxLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxLength, Array.MaxLength - prefixBytes);
        return new LengthRule(prefixBytes, order, maxLength);
    }

    private static SizeRule RecordsOf(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Array.MaxLength);
        return new SizeRule(size);
    }
}
