namespace Dispatch.Tests;

/// <summary>An observer that keeps what it is told, and the threads on which it was told.</summary>
internal sealed class Recorder : IObserver<Completion>
{
    public List<Completion> Items { get; } = [];

    public HashSet<int> Threads { get; } = [];

    public bool IsCompleted { get; private set; }

    public Exception? Error { get; private set; }

    public Action<Completion>? Then { get; set; }

    public void OnNext(Completion value)
    {
        Threads.Add(Environment.CurrentManagedThreadId);
        Assert.False(IsCompleted || Error is not null, "An item came after the end.");
        Items.Add(value);
        Then?.Invoke(value);
    }

    public void OnCompleted()
    {
        Assert.False(IsCompleted || Error is not null, "The end came twice.");
        IsCompleted = true;
    }

    public void OnError(Exception error)
    {
        Assert.False(IsCompleted || Error is not null, "The end came twice.");
        Error = error;
    }
}
