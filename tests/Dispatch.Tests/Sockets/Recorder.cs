namespace Dispatch.Tests;

/// <summary>An observer that writes down what it is told, and does what it is asked to at each item.</summary>
internal sealed class Recorder<T>(Action<T>? onNext = null) : IObserver<T>
{
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<T> Items { get; } = [];

    public int Completions { get; private set; }

    public List<Exception> Errors { get; } = [];

    public Task Ended => ended.Task;

    public void OnNext(T value)
    {
        Assert.False(ended.Task.IsCompleted, "An item came after the end of the stream.");
        Items.Add(value);
        onNext?.Invoke(value);
    }

    public void OnCompleted()
    {
        Completions++;
        ended.TrySetResult();
    }

    public void OnError(Exception error)
    {
        Errors.Add(error);
        ended.TrySetResult();
    }
}
