namespace Dispatch.Examples.Quickstart;

/// <summary>
/// The digests of many files as a stream. Subscribing starts the work: every file goes to the loop that owns its path, and its digest comes to the loop that subscribed.
/// </summary>
internal sealed class DigestStream(Dispatcher dispatcher, IReadOnlyList<TreeFile> files, LoopMeters meters) : IObservable<FileDigest>
{
    /// <summary>Starts. Call it on a loop.</summary>
    /// <param name="observer">What the digests go to, on the calling loop.</param>
    /// <returns>Dispose it to stop early.</returns>
    public IDisposable Subscribe(IObserver<FileDigest> observer)
    {
        Subscription subscription = new();
        _ = RunAsync(new LoopObserver<FileDigest>(EventLoop.Current!, observer), subscription.Token);
        return subscription;
    }

    private async Task RunAsync(LoopObserver<FileDigest> home, CancellationToken cancellationToken)
    {
        try
        {
            ILookup<EventLoop, TreeFile> shares = files.ToLookup(file => dispatcher.LoopFor(file.Path));
            await Task.WhenAll(dispatcher.Loops.Select(loop =>
                loop.InvokeAsync(() => new HashLane(loop, meters[loop], shares[loop]).RunAsync(home, cancellationToken))));
            home.OnCompleted();
        }
        catch (Exception e)
        {
            home.OnError(e);
        }
    }

    private sealed class Subscription : IDisposable
    {
        private readonly CancellationTokenSource stop = new();

        public CancellationToken Token => stop.Token;

        public void Dispose() => stop.Cancel();
    }
}
