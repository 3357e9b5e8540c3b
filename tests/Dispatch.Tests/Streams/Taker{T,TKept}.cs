namespace Dispatch.Tests.Streams;

/// <summary>An observer that keeps what it is told, in a form of its own, and fails when it is told something after the end.</summary>
internal sealed class Taker<T, TKept>(Func<T, TKept> keep) : IObserver<T>
{
    public List<TKept> Items { get; } = [];

    public HashSet<int> Threads { get; } = [];

    public bool IsCompleted { get; private set; }

    public Exception? Error { get; private set; }

    public bool IsEnded => IsCompleted || Error is not null;

    public Action<TKept>? Then { get; set; }

    public void OnNext(T value)
    {
        Threads.Add(Environment.CurrentManagedThreadId);
        Assert.False(IsEnded, "An item came after the end.");
        TKept kept = keep(value);
        Items.Add(kept);
        Then?.Invoke(kept);
    }

    public void OnCompleted()
    {
        Assert.False(IsEnded, "The end came twice.");
        IsCompleted = true;
    }

    public void OnError(Exception error)
    {
        Assert.False(IsEnded, "The end came twice.");
        Error = error;
    }
}
