using Dispatch.Examples.KeyLookup;

namespace Dispatch.Benchmarks;

/// <summary>
/// Lookups in a table of ten million records, as <c>examples/KeyLookup</c> makes them: on a loop, or with <see cref="RandomAccess"/>. The table is the example's own, made at the first use and kept.
/// </summary>
internal sealed class LookupWorkload : IWorkload
{
    private const int Records = 10_000_000;
    private const int LookupsBetweenLooks = 20_000;
    private const int DirectLookupsBetweenLooks = 2_000;

    private static readonly string Folder = Path.Combine(Path.GetTempPath(), "dispatch-key-lookup");

    private readonly Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = KernelChoice.Kind, LoopCount = 1 });
    private readonly ILookupJob job;
    private readonly int batch;

    /// <summary>Initializes a new instance of the <see cref="LookupWorkload"/> class.</summary>
    /// <param name="depth">Lookups at a time.</param>
    /// <param name="isDirect">Whether the table is read from the device.</param>
    /// <param name="onLoop">Whether a loop does it.</param>
    public LookupWorkload(int depth, bool isDirect, bool onLoop)
    {
        batch = isDirect ? DirectLookupsBetweenLooks : LookupsBetweenLooks;
        TableFolder folder = new(Folder);
        TableFile table = folder.FindOrMakeAsync(dispatcher, Records).GetAwaiter().GetResult();
        job = onLoop ? LookupJob.CreateAsync(dispatcher, table, depth, isDirect).GetAwaiter().GetResult() : new RandomAccessJob(table, depth, isDirect);
    }

    /// <summary>Gets where the table is, once a contender has made it.</summary>
    public static string TablePath { get; } = Path.Combine(Folder, $"{Records}.table");

    public Window Run(TimeSpan length)
    {
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long cpuNs = CpuClock.OfThisProcess();
        long begin = WallClock.NowNs();
        long deadline = WallClock.DeadlineNs(begin, length);
        long lookups = 0;
        long now;
        do
        {
            job.RunAsync(batch).GetAwaiter().GetResult();
            lookups += batch;
            now = WallClock.NowNs();
        }
        while (now < deadline);

        return new Window
        {
            Operations = lookups,
            WallNs = now - begin,
            CpuNs = CpuClock.OfThisProcess() - cpuNs,
            AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true) - allocated,
        };
    }

    public void Dispose()
    {
        if (job is LookupJob lookups)
        {
            lookups.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        (job as IDisposable)?.Dispose();
        dispatcher.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
