namespace Dispatch.Examples.Quickstart;

/// <summary>A meter for each loop of a dispatcher.</summary>
internal sealed class LoopMeters
{
    private readonly Dictionary<EventLoop, LoopMeter> meters;

    /// <summary>Initializes a new instance of the <see cref="LoopMeters"/> class.</summary>
    /// <param name="dispatcher">The dispatcher.</param>
    public LoopMeters(Dispatcher dispatcher) => meters = dispatcher.Loops.ToDictionary(loop => loop, loop => new LoopMeter(loop));

    /// <summary>Gets how many bytes were read so far. Any thread; a moment old.</summary>
    public long Bytes => meters.Values.Sum(meter => meter.Bytes);

    /// <summary>Gets a loop's meter.</summary>
    /// <param name="loop">The loop.</param>
    /// <returns>Its meter, to be used on the loop.</returns>
    public LoopMeter this[EventLoop loop] => meters[loop];

    /// <summary>Begins to count, on each loop.</summary>
    /// <returns>A task that ends when all of them count.</returns>
    public Task BeginAsync() => Task.WhenAll(meters.Select(pair => pair.Key.InvokeAsync(pair.Value.Begin)));

    /// <summary>Ends counting, on each loop.</summary>
    /// <returns>What they counted.</returns>
    public Task<LoopReport[]> EndAsync() => Task.WhenAll(meters.Select(pair => pair.Key.InvokeAsync(() => Task.FromResult(pair.Value.End()))));
}
