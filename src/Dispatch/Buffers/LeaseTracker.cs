using System.Diagnostics;

namespace Dispatch;

/// <summary>
/// Remembers who took what of a loop's receive buffers, while <see cref="EventLoopOptions.TrackLeases"/> asks for that: a stack for each, so it is for finding a fault and not for every day. Any thread.
/// </summary>
internal sealed class LeaseTracker(LoopEngine engine, Action<LeaseReport> report)
{
    private readonly Lock sync = new();
    private readonly Dictionary<(BufferPool Pool, int Id, uint Generation), HeldLease> leases = [];
    private readonly List<HeldLease> held = [];
    private bool hasReported;

    /// <summary>A user has taken a lease.</summary>
    public void OnTaken(BufferPool pool, int id, uint generation, int bytes)
    {
        HeldLease lease = new(IsRetained: false, bytes, new StackTrace(skipFrames: 2, fNeedFileInfo: true));
        lock (sync)
        {
            if (leases.TryAdd((pool, id, generation), lease))
            {
                held.Add(lease);
            }
        }
    }

    /// <summary>A lease has ended. It need not be one that a user had taken.</summary>
    public void OnEnded(BufferPool pool, int id, uint generation)
    {
        lock (sync)
        {
            if (leases.Remove((pool, id, generation), out HeldLease? lease))
            {
                Remove(lease);
            }
        }
    }

    /// <summary>A user has retained a buffer. Returns what to end it by.</summary>
    public HeldLease OnRetained(int bytes)
    {
        HeldLease buffer = new(IsRetained: true, bytes, new StackTrace(skipFrames: 2, fNeedFileInfo: true));
        lock (sync)
        {
            held.Add(buffer);
        }

        return buffer;
    }

    /// <summary>A retained buffer was disposed.</summary>
    public void OnReleased(HeldLease buffer)
    {
        lock (sync)
        {
            Remove(buffer);
        }
    }

    /// <summary>A receive has found no buffer, and there can be no more: told once, until something was given back.</summary>
    public void OnStarved()
    {
        if (!hasReported)
        {
            hasReported = true;
            Report(loopEnds: false);
        }
    }

    /// <summary>The loop has ended.</summary>
    public void OnLoopEnded() => Report(loopEnds: true);

    private void Remove(HeldLease lease)
    {
        hasReported = false;
        held.RemoveAt(held.FindLastIndex(h => ReferenceEquals(h, lease))); // A record's own equality compares contents.
    }

    private void Report(bool loopEnds)
    {
        HeldLease[] all;
        lock (sync)
        {
            all = [.. held];
        }

        if (all.Length == 0)
        {
            return;
        }

        try
        {
            report(new LeaseReport(engine.Loop, loopEnds, all));
        }
        catch (Exception e)
        {
            engine.ReportException(e, null);
        }
    }
}
