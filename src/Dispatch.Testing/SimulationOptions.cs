namespace Dispatch.Testing;

/// <summary>What a simulated machine has, and how it misbehaves. Read once, when the simulation begins.</summary>
public sealed class SimulationOptions
{
    /// <summary>Gets or sets how often what goes wrong. Default <see cref="FaultPlan.Busy"/>.</summary>
    public FaultPlan Faults { get; set; } = FaultPlan.Busy;

    /// <summary>Gets or sets the longest time that a fault delays something. Default 2 ms.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Gets or sets how many descriptors can be open. Default 1,024.</summary>
    public int DescriptorLimit { get; set; } = 1024;

    /// <summary>Gets or sets how many bytes one direction of a connection holds before a send has to wait. Default 65,536.</summary>
    public int SocketBufferBytes { get; set; } = 65_536;

    /// <summary>Gets or sets the size of the disk in bytes. Default 64 MiB.</summary>
    public long DiskBytes { get; set; } = 64L << 20;

    /// <summary>Gets or sets a value indicating whether descriptors, buffers and requests have to be given back by the end of the scenario. Default true.</summary>
    public bool CheckBalance { get; set; } = true;

    /// <summary>Gets or sets a value indicating whether memory that is lent to the kernel is filled with a pattern, or watched for changes, while it is lent. Default true.</summary>
    public bool WatchMemory { get; set; } = true;

    /// <summary>Gets or sets after how many steps a scenario counts as one that does not end. Default 1,000,000.</summary>
    public long MaxSteps { get; set; } = 1_000_000;

    /// <summary>Gets or sets after how much virtual time a scenario counts as one that does not end. Default 1 day.</summary>
    public TimeSpan MaxTime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Gets or sets how many of the last events a failure tells of. Default 200.</summary>
    public int TraceLength { get; set; } = 200;

    /// <summary>Gets or sets how often a failing seed is run again with fewer faults, to name those that it takes. Default 200; 0 for not at all.</summary>
    public int ShrinkRuns { get; set; } = 200;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Faults);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(DescriptorLimit, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(SocketBufferBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(DiskBytes, 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSteps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(TraceLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ShrinkRuns, 0);
    }
}
