namespace Dispatch.Tests;

/// <summary>One observer for many requests: passes items on and counts ends.</summary>
internal sealed class Many(IObserver<Completion> items) : IObserver<Completion>
{
    public int Ended { get; private set; }

    public void OnCompleted() => Ended++;

    public void OnError(Exception error) => items.OnError(error);

    public void OnNext(Completion value) => items.OnNext(value);
}
