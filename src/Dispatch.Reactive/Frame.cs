namespace Dispatch.Reactive;

/// <summary>
/// One message cut out of received data: a line, a length-prefixed or a fixed-size record, without its delimiter or prefix. Valid during the <c>OnNext</c> that brings it; every access checks that, in release builds too. To keep it, or to
/// shift it in time, put <see cref="CopyExtensions.Copied(IObservable{Frame})"/> behind the framing operator.
/// </summary>
/// <remarks>A frame that came within one received buffer is a view of that buffer; one that came in pieces was put together in pooled memory. Reading works on any thread while it is valid.</remarks>
public readonly struct Frame : IEquatable<Frame>
{
    private readonly FrameWindow? window;
    private readonly uint version;
    private readonly int offset;
    private readonly int length;

    internal Frame(FrameWindow window, int offset, int length)
    {
        this.window = window;
        version = window.Version;
        this.offset = offset;
        this.length = length;
    }

    /// <summary>Gets the number of bytes; 0 for an empty line, or a record of no length.</summary>
    public int Length => length;

    /// <summary>Gets the bytes.</summary>
    /// <exception cref="ObjectDisposedException">The <c>OnNext</c> that brought it has returned.</exception>
    public ReadOnlySpan<byte> Span => window is null ? default : window.Bytes(version).Slice(offset, length);

    /// <summary>Compares two frames.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they are the same place of the same data.</returns>
    public static bool operator ==(Frame left, Frame right) => left.Equals(right);

    /// <summary>Compares two frames.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they are different ones.</returns>
    public static bool operator !=(Frame left, Frame right) => !left.Equals(right);

    /// <summary>Copies the bytes into an array of their own.</summary>
    /// <returns>The copy.</returns>
    public byte[] ToArray() => Span.ToArray();

    /// <inheritdoc/>
    public bool Equals(Frame other) => ReferenceEquals(window, other.window) && version == other.version && offset == other.offset && length == other.length;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Frame other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(version, offset, length);
}
