namespace Dispatch.Examples.Quickstart;

/// <summary>Keeps what a stream of digests brings. It belongs to the loop that subscribed it.</summary>
internal sealed class DigestCollector : IObserver<FileDigest>
{
    private readonly List<FileDigest> digests = [];
    private readonly TaskCompletionSource<IReadOnlyList<FileDigest>> completed = new();

    /// <summary>Gets the digests, in the order of their paths, once the stream has ended.</summary>
    public Task<IReadOnlyList<FileDigest>> Completed => completed.Task;

    public void OnNext(FileDigest value) => digests.Add(value);

    public void OnError(Exception error) => completed.SetException(error);

    public void OnCompleted()
    {
        digests.Sort((a, b) => string.CompareOrdinal(a.File.Path, b.File.Path));
        completed.SetResult(digests);
    }
}
