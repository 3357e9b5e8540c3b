namespace Dispatch.Benchmarks;

/// <summary>What is compared. All are per operation but the rate and the quantiles.</summary>
internal enum Metric
{
    CpuNs,
    WallNs,
    OperationsPerSecond,
    P50Ns,
    P99Ns,
    P999Ns,
    VoluntarySwitches,
    SystemCalls,
    AllocatedBytes,
    RetainedBytes,
}
