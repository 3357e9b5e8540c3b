namespace Dispatch;

/// <summary>A loop's counters: written by the owner with plain adds, read by anyone, never reset.</summary>
internal sealed class LoopCounters
{
    public long Completions { get; set; }

    public long Enters { get; set; }

    public long Submissions { get; set; }

    public long Turns { get; set; }

    public long Overflows { get; set; }

    public long Parks { get; set; }

    public long HandOffs { get; set; }

    public long Orphans { get; set; }

    public long UnhandledExceptions { get; set; }

    public long BlockingWaits { get; set; }

    public long BufferStarvations { get; set; }

    public long AcceptBackoffs { get; set; }

    public long TransientErrors { get; set; }

    public long ConnectionFaults { get; set; }

    public long RefusalPauses { get; set; }
}
