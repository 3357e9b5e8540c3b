namespace Dispatch.Conformance;

/// <summary>An observer that keeps what it is told, and fails when it is told something after the end.</summary>
internal class Recorder<T>(Action<T>? then = null) : IObserver<T>
{
    public List<T> Items { get; } = [];

    public bool IsCompleted { get; private set; }

    public Exception? Error { get; private set; }

    public HashSet<int> Threads { get; } = [];

    public void OnNext(T value)
    {
        Assert.False(IsCompleted || Error is not null, "An item came after the end.");
        Threads.Add(Environment.CurrentManagedThreadId);
        Items.Add(value);
        then?.Invoke(value);
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
