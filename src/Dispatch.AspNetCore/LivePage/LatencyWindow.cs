using System.Numerics;

namespace Dispatch.AspNetCore;

/// <summary>Where the requests of a dispatcher have spent their time in the last seconds: what its histograms say now, less what they said then.</summary>
internal sealed class LatencyWindow(Dispatcher dispatcher)
{
    private const int Frames = 20; // Of half a second.
    private const int FirstOctave = 7; // Below 128 ns nothing is worth telling apart.
    private const int Octaves = 28; // Up to 17 s.

    private readonly Queue<Dictionary<(string Call, bool IsWorkerCall), RequestLatency>> earlier = new();

    /// <summary>Gets a value indicating whether the dispatcher measures at all.</summary>
    public bool IsMeasured { get; } = dispatcher.Loops[0].Engine.Latency is not null;

    /// <summary>Describes the window that ends now.</summary>
    public IReadOnlyList<LiveLatency> Take()
    {
        if (!IsMeasured)
        {
            return [];
        }

        Dictionary<(string Call, bool IsWorkerCall), RequestLatency> now = [];
        foreach (RequestLatency request in dispatcher.Loops.SelectMany(l => l.Latency.Requests))
        {
            (string, bool) key = (request.Call, request.IsWorkerCall);
            now[key] = now.TryGetValue(key, out RequestLatency? other) ? Plus(request, other) : request;
        }

        List<LiveLatency> lately = [.. now.Select(kind => Describe(Since(kind.Value, earlier.TryPeek(out var first) ? first.GetValueOrDefault(kind.Key) : null)))];
        earlier.Enqueue(now);
        if (earlier.Count > Frames)
        {
            earlier.Dequeue();
        }

        return [.. lately.Where(l => l.Queued.Count + l.InKernel.Count + l.InCallback.Count != 0).OrderBy(l => l.Call, StringComparer.Ordinal)];
    }

    private static RequestLatency Plus(RequestLatency one, RequestLatency other) =>
        one with { Queued = one.Queued.Plus(other.Queued), InKernel = one.InKernel.Plus(other.InKernel), InCallback = one.InCallback.Plus(other.InCallback) };

    private static RequestLatency Since(RequestLatency now, RequestLatency? then) =>
        then is null ? now : now with { Queued = now.Queued.Since(then.Queued), InKernel = now.InKernel.Since(then.InKernel), InCallback = now.InCallback.Since(then.InCallback) };

    private static LiveLatency Describe(RequestLatency request) =>
        new(request.Call, request.IsWorkerCall, Describe(request.Queued), Describe(request.InKernel), Describe(request.InCallback));

    private static LiveHistogram Describe(LatencyHistogram histogram)
    {
        long[] octaves = new long[Octaves];
        foreach (LatencyBucket bucket in histogram.Buckets)
        {
            int octave = bucket.LowerNanoseconds == 0 ? 0 : BitOperations.Log2((ulong)bucket.LowerNanoseconds) - FirstOctave + 1;
            octaves[Math.Clamp(octave, 0, Octaves - 1)] += bucket.Count;
        }

        return new LiveHistogram(histogram.Count, Math.Round(histogram.MeanNanoseconds), histogram.PercentileNanoseconds(50), histogram.PercentileNanoseconds(99), octaves);
    }
}
