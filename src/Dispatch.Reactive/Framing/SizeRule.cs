using System.Globalization;

namespace Dispatch.Reactive;

/// <summary>Records of one size.</summary>
internal sealed class SizeRule(int size) : IFrameRule
{
    /// <inheritdoc/>
    public int Measure(ReadOnlySpan<byte> data) => size;

    /// <inheritdoc/>
    public int Take(ReadOnlySpan<byte> begun, ReadOnlySpan<byte> next) => Math.Min(size - begun.Length, next.Length);

    /// <inheritdoc/>
    public bool IsWhole(ReadOnlySpan<byte> begun) => begun.Length == size;

    /// <inheritdoc/>
    public (int Offset, int Length) Payload(ReadOnlySpan<byte> frame) => (0, frame.Length);

    /// <inheritdoc/>
    public Exception? AtEnd(ReadOnlySpan<byte> rest) => new EndOfStreamException(string.Create(
        CultureInfo.InvariantCulture,
        $"The peer finished sending inside a record: {rest.Length} of its {size} bytes came."));
}
