namespace Dispatch.Reactive;

/// <summary>Copying, for what is valid during <c>OnNext</c> only.</summary>
/// <remarks>
/// The copies come on the source's thread and end as it does; what a source throws or brings wrongly passes through. Nothing is queued, so a slow observer slows the source. Each copy is an object of a few words and an array of the
/// pool; see <see cref="CopiedBytes"/> for its life.
/// </remarks>
public static class CopyExtensions
{
    private static readonly Func<BufferLease, CopiedBytes> CopyLease = static lease => CopiedBytes.Of(lease.Span);
    private static readonly Func<Frame, CopiedBytes> CopyFrame = static frame => CopiedBytes.Of(frame.Span);
    private static readonly Func<ReadOnlyMemory<byte>, CopiedBytes> CopyMemory = static memory => CopiedBytes.Of(memory.Span);

    /// <summary>Copies received data into pooled memory, so that it can be kept, delayed, buffered or taken to another thread.</summary>
    /// <param name="source">The received data.</param>
    /// <returns>The copies.</returns>
    public static IObservable<CopiedBytes> Copied(this IObservable<BufferLease> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new CopyingObservable<BufferLease>(source, CopyLease);
    }

    /// <summary>Copies frames into pooled memory, so that they can be kept, delayed, buffered or taken to another thread.</summary>
    /// <param name="source">The frames.</param>
    /// <returns>The copies.</returns>
    public static IObservable<CopiedBytes> Copied(this IObservable<Frame> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new CopyingObservable<Frame>(source, CopyFrame);
    }

    /// <summary>Copies memory that is valid during <c>OnNext</c> only into pooled memory.</summary>
    /// <param name="source">The memory.</param>
    /// <returns>The copies.</returns>
    public static IObservable<CopiedBytes> Copied(this IObservable<ReadOnlyMemory<byte>> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new CopyingObservable<ReadOnlyMemory<byte>>(source, CopyMemory);
    }
}
