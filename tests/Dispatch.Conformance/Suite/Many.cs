namespace Dispatch.Conformance;

/// <summary>One observer for many requests: keeps their items and counts their ends.</summary>
internal sealed class Many(Action<Completion>? then = null) : IObserver<Completion>
{
    public List<Completion> Items { get; } = [];

    public int Ended { get; private set; }

    public void OnNext(Completion value)
    {
        Items.Add(value);
        then?.Invoke(value);
    }

    public void OnCompleted() => Ended++;

    public void OnError(Exception error) => Assert.Fail(error.ToString());
}
