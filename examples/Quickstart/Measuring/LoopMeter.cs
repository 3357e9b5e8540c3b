using System.Diagnostics;
using HdrHistogram;

namespace Dispatch.Examples.Quickstart;

/// <summary>
/// Counts what the job asks of one loop, and where the answers arrive. Every await of a request goes through <see cref="Measure{T}(ValueTask{T})"/>. It belongs to the loop: plain fields, no lock.
/// </summary>
internal sealed class LoopMeter(EventLoop loop)
{
    /// <summary>The longest latency that is told from longer ones.</summary>
    public const long LongestNanoseconds = 60_000_000_000;

    /// <summary>To how many digits latencies are kept.</summary>
    public const int Digits = 3;

    private readonly LongHistogram latencies = new(LongestNanoseconds, Digits);
    private LoopStatistics before = loop.Statistics;
    private long requests;
    private long completions;
    private long completionsOnOwner;

    /// <summary>Gets or sets the number of files read.</summary>
    public long Files { get; set; }

    /// <summary>Gets or sets the number of bytes read.</summary>
    public long Bytes { get; set; }

    /// <summary>Begins to count.</summary>
    public void Begin() => before = loop.Statistics;

    /// <summary>Ends counting.</summary>
    /// <returns>The counts.</returns>
    public LoopReport End()
    {
        LoopStatistics after = loop.Statistics;
        return new LoopReport
        {
            Loop = loop.Name,
            Files = Files,
            Bytes = Bytes,
            Requests = requests,
            Completions = completions,
            CompletionsOnOwner = completionsOnOwner,
            HandOffs = after.HandOffs - before.HandOffs,
            Enters = after.Enters - before.Enters,
            Latencies = latencies,
        };
    }

    /// <summary>Counts a request and its answer, a failure too.</summary>
    /// <typeparam name="T">The type of its result.</typeparam>
    /// <param name="request">The request.</param>
    /// <returns>Its result.</returns>
    public async ValueTask<T> Measure<T>(ValueTask<T> request)
    {
        long start = BeginRequest();
        try
        {
            return await request;
        }
        finally
        {
            EndRequest(start);
        }
    }

    /// <summary>Counts a request and its answer; see <see cref="Measure{T}(ValueTask{T})"/>.</summary>
    /// <typeparam name="T">The type of its result.</typeparam>
    /// <param name="request">The request.</param>
    /// <returns>Its result.</returns>
    public ValueTask<T> Measure<T>(Task<T> request) => Measure(new ValueTask<T>(request));

    /// <summary>Counts a request and its answer; see <see cref="Measure{T}(ValueTask{T})"/>.</summary>
    /// <param name="request">The request.</param>
    /// <returns>A task that ends with it.</returns>
    public async ValueTask Measure(ValueTask request)
    {
        long start = BeginRequest();
        try
        {
            await request;
        }
        finally
        {
            EndRequest(start);
        }
    }

    /// <summary>Counts a request and its answer; see <see cref="Measure{T}(ValueTask{T})"/>.</summary>
    /// <param name="request">The request.</param>
    /// <returns>A task that ends with it.</returns>
    public ValueTask Measure(Task request) => Measure(new ValueTask(request));

    private long BeginRequest()
    {
        requests++;
        return Stopwatch.GetTimestamp();
    }

    private void EndRequest(long start)
    {
        completions++;
        if (loop.IsOwner)
        {
            completionsOnOwner++;
        }

        latencies.RecordValue(Math.Clamp((long)Stopwatch.GetElapsedTime(start).TotalNanoseconds, 1, LongestNanoseconds));
    }
}
