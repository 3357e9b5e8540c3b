namespace Dispatch.Reactive;

/// <summary>An operator: makes a link for every subscriber.</summary>
/// <typeparam name="TIn">What comes in.</typeparam>
/// <typeparam name="TOut">What goes out.</typeparam>
internal class LinkObservable<TIn, TOut>(IObservable<TIn> source, Func<IObserver<TOut>, Link<TIn, TOut>> create) : IObservable<TOut>
{
    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<TOut> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        Link<TIn, TOut> link = create(observer);
        link.Start(source);
        return link;
    }
}
