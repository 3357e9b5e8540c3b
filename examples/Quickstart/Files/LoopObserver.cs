namespace Dispatch.Examples.Quickstart;

/// <summary>
/// Brings items from any thread to an observer that lives on one loop. What crosses here are finished results, as messages; the completions that they were made of stayed where they belong.
/// </summary>
/// <typeparam name="T">The type of the items.</typeparam>
internal sealed class LoopObserver<T>(EventLoop home, IObserver<T> observer) : IObserver<T>
{
    public void OnNext(T value)
    {
        if (home.IsOwner)
        {
            observer.OnNext(value);
        }
        else
        {
            home.Post(() => observer.OnNext(value));
        }
    }

    // Always posted, also at home: the end comes after the items that are on their way.
    public void OnCompleted() => home.Post(observer.OnCompleted);

    public void OnError(Exception error) => home.Post(() => observer.OnError(error));
}
