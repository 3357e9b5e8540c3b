namespace Dispatch.Reactive;

/// <summary>Copies what comes.</summary>
/// <typeparam name="T">What comes.</typeparam>
internal sealed class CopyingObservable<T>(IObservable<T> source, Func<T, CopiedBytes> copy) : LinkObservable<T, CopiedBytes>(source, observer => new CopyingLink(observer, copy)), IPausable
{
    /// <inheritdoc/>
    public LoopEngine? PausableOn { get; } = Pausing.EngineOf(source);

    private sealed class CopyingLink(IObserver<CopiedBytes> observer, Func<T, CopiedBytes> copy) : Link<T, CopiedBytes>(observer)
    {
        public override void OnNext(T value)
        {
            if (!IsStopped)
            {
                Next(copy(value));
            }
        }
    }
}
