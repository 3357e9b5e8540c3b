namespace Dispatch;

/// <summary>A stream's pull form, before somebody enumerates it.</summary>
internal sealed class PullSequence<T>(LoopStream<T> stream, CancellationToken token) : IAsyncEnumerable<T>
{
    /// <inheritdoc/>
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new PullReader<T>(stream, token, cancellationToken);
}
