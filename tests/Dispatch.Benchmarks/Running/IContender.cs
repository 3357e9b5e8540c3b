namespace Dispatch.Benchmarks;

/// <summary>
/// One way of doing a benchmark's work. The runner starts it once, lets it warm up, and then measures it in short windows in turn with
/// its rivals. It does nothing between windows. Used by one caller at a time.
/// </summary>
internal interface IContender : IAsyncDisposable
{
    string Name { get; }

    /// <summary>The processes that take part, the one that is measured first. None when they do not outlast a window.</summary>
    IReadOnlyList<int> ProcessIds { get; }

    /// <summary>Makes it ready for the first window.</summary>
    /// <exception cref="ContenderMissingException">This machine lacks what it needs; the message says what.</exception>
    /// <exception cref="ContenderFailedException">It should have started and did not.</exception>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Works for about <paramref name="length"/>, ends all that was begun, and says what that took.</summary>
    /// <exception cref="ContenderFailedException">It broke, stalled or gave a wrong answer.</exception>
    Task<Window> MeasureAsync(TimeSpan length, CancellationToken cancellationToken);
}
