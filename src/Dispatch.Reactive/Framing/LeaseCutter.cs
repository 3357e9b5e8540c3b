namespace Dispatch.Reactive;

/// <summary>Cuts received leases.</summary>
/// <typeparam name="TOut">What the frames are made into.</typeparam>
internal sealed class LeaseCutter<TOut>(IObserver<TOut> observer, IFrameRule rule, Func<Frame, TOut> select) : FrameCutter<BufferLease, TOut>(observer, rule, select)
{
    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> BytesOf(BufferLease value) => value.Span;

    /// <inheritdoc/>
    protected override void Show(BufferLease value) => Window.Show(value);
}
