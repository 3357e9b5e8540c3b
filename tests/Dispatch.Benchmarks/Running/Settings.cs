namespace Dispatch.Benchmarks;

/// <summary>How to measure.</summary>
internal sealed record Settings
{
    /// <summary>Clean windows wanted of each contender.</summary>
    public int Windows { get; init; } = 9;

    public TimeSpan WindowLength { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Work before the first window. Long enough for the runtime to have compiled the hot path with its profile.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a benchmark may go on repeating dropped windows, warm-up not counted.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>A window during which more than this part of the machine's time was stolen is dropped.</summary>
    public double MaxStealPercent { get; init; } = 3;

    /// <summary>A window during which processes without a part in it took more than this part of the machine's time is dropped.</summary>
    public double MaxNeighboursPercent { get; init; } = 5;

    public int Connections { get; init; } = 64;

    /// <summary>Connections of the second echo run, which shows what many idle-ish connections cost. 0: no such run.</summary>
    public int ManyConnections { get; init; } = 4000;

    public int MessageBytes { get; init; } = 64;

    /// <summary>The CPU that does the work measured.</summary>
    public int ServerCpu { get; init; }

    /// <summary>The CPU of those who keep it busy.</summary>
    public int LoadCpu { get; init; } = 1;

    /// <summary>Where the file to be read is put. Its file system has to support O_DIRECT for the direct reads.</summary>
    public string Folder { get; init; } = Path.GetTempPath();
}
