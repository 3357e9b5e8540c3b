using System.Text;

namespace Dispatch;

/// <summary>
/// A line of a <see cref="FileTail"/>, without its newline: bytes in the tail's own buffer, valid during <c>OnNext</c>, or until the next line is asked for. Every access checks that, and throws afterwards.
/// </summary>
public readonly struct FileLine : IEquatable<FileLine>
{
    private readonly LineBuffer? buffer;
    private readonly long number;
    private readonly int start;

    internal FileLine(LineBuffer buffer, long number, int start, int length, bool hasNewline, bool isSplit)
    {
        this.buffer = buffer;
        this.number = number;
        this.start = start;
        Length = length;
        HasNewline = hasNewline;
        IsSplit = isSplit;
    }

    /// <summary>Gets the number of bytes.</summary>
    public int Length { get; }

    /// <summary>Gets a value indicating whether a newline ended it. False for a piece of a longer line, and for the last line of a file that ended without one.</summary>
    public bool HasNewline { get; }

    /// <summary>Gets a value indicating whether the line was too long, and goes on in the next item.</summary>
    public bool IsSplit { get; }

    /// <summary>Gets the bytes. Throws <see cref="ObjectDisposedException"/> when the line is over.</summary>
    public ReadOnlySpan<byte> Span => buffer is null ? default : buffer.Read(number, start, Length);

    /// <summary>Compares two lines.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they are the same line of the same tail.</returns>
    public static bool operator ==(FileLine left, FileLine right) => left.Equals(right);

    /// <summary>Compares two lines.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they are different.</returns>
    public static bool operator !=(FileLine left, FileLine right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(FileLine other) => ReferenceEquals(buffer, other.buffer) && number == other.number;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FileLine other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => number.GetHashCode();

    /// <summary>Decodes it as UTF-8.</summary>
    /// <returns>A string of its own.</returns>
    public override string ToString() => Encoding.UTF8.GetString(Span);

    /// <summary>It is over.</summary>
    internal void End() => buffer?.EndLine(number);
}
