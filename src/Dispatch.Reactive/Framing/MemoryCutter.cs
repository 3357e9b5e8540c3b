namespace Dispatch.Reactive;

/// <summary>Cuts memory.</summary>
/// <typeparam name="TOut">What the frames are made into.</typeparam>
internal sealed class MemoryCutter<TOut>(IObserver<TOut> observer, IFrameRule rule, Func<Frame, TOut> select) : FrameCutter<ReadOnlyMemory<byte>, TOut>(observer, rule, select)
{
    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> BytesOf(ReadOnlyMemory<byte> value) => value.Span;

    /// <inheritdoc/>
    protected override void Show(ReadOnlyMemory<byte> value) => Window.Show(value);
}
