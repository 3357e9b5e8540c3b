namespace Dispatch.Tests.Diagnostics;

public class LogHistogramTests
{
    [Fact]
    public void Every_duration_lies_within_its_bucket_and_no_bucket_is_wider_than_an_eighth_of_what_it_holds()
    {
        for (long value = 0; value < 1L << 40; value = Math.Max(value + 1, value + (value / 37)))
        {
            LogHistogram histogram = new();
            histogram.Record(value);
            LatencyBucket bucket = Assert.Single(histogram.Snapshot().Buckets);
            Assert.Equal(1, bucket.Count);
            Assert.InRange(value, bucket.LowerNanoseconds, bucket.UpperNanoseconds - 1);
            Assert.True((bucket.UpperNanoseconds - bucket.LowerNanoseconds) * 8 <= Math.Max(8, bucket.LowerNanoseconds), $"{bucket} is too wide for {value}.");
        }
    }

    [Fact]
    public void What_is_longer_than_any_bucket_counts_in_the_last_one()
    {
        LogHistogram histogram = new();
        histogram.Record(1L << 41);
        histogram.Record(long.MaxValue / 2);
        Assert.Equal(2, Assert.Single(histogram.Snapshot().Buckets).Count);
    }

    [Fact]
    public void A_clock_that_goes_back_counts_as_no_time()
    {
        LogHistogram histogram = new();
        histogram.Record(-5);
        Assert.Equal(0, Assert.Single(histogram.Snapshot().Buckets).LowerNanoseconds);
    }

    [Fact]
    public void Percentiles_are_right_to_within_an_eighth()
    {
        LogHistogram histogram = new();
        for (int i = 1; i <= 10_000; i++)
        {
            histogram.Record(i * 100);
        }

        LatencyHistogram snapshot = histogram.Snapshot();
        Assert.Equal((10_000, 1_000_000L, 5_000_500_000L), (snapshot.Count, snapshot.MaxNanoseconds, snapshot.SumNanoseconds));
        Assert.Equal(500_050, snapshot.MeanNanoseconds);
        foreach (double percent in (double[])[0.1, 1, 25, 50, 90, 99, 99.9])
        {
            double exact = 10_000 * percent;
            Assert.InRange(snapshot.PercentileNanoseconds(percent), exact, exact * 1.125);
        }

        Assert.Equal(1_000_000, snapshot.PercentileNanoseconds(100));
        Assert.Equal(0, LatencyHistogram.Empty.PercentileNanoseconds(50));
    }

    [Fact]
    public void Two_snapshots_make_an_interval_and_two_loops_make_a_whole()
    {
        LogHistogram histogram = new();
        histogram.Record(100);
        LatencyHistogram first = histogram.Snapshot();
        histogram.Record(1_000);
        histogram.Record(1_000);
        LatencyHistogram interval = histogram.Snapshot().Since(first);
        Assert.Equal((2, 2_000L), (interval.Count, interval.SumNanoseconds));
        Assert.InRange(Assert.Single(interval.Buckets).LowerNanoseconds, 900, 1_000);
        LatencyHistogram whole = first.Plus(interval).Plus(LatencyHistogram.Empty);
        Assert.Equal((3, 2_100L, 1_000L), (whole.Count, whole.SumNanoseconds, whole.MaxNanoseconds));
        Assert.Equal(2, LatencyHistogram.Empty.Plus(interval).Count);
    }
}
