namespace Dispatch;

/// <summary>Reads a loop's counters for <see cref="LoopStatistics"/>.</summary>
internal static class LoopSnapshot
{
    public static LoopStatistics Take(LoopEngine engine)
    {
        LoopCounters counters = engine.Counters;
        (TimeSpan parked, TimeSpan inTurns) = engine.Latency?.Spent.Read() ?? default;
        return new LoopStatistics
        {
            State = engine.Loop.Completed.IsCompleted ? LoopState.Stopped
                : engine.Inbox.IsParked ? LoopState.Parked
                : engine.Scope.IsActive ? LoopState.Busy
                : LoopState.Polling,
            ParkedTime = parked,
            TurnTime = inTurns,
            Turns = counters.Turns,
            Stalls = engine.Watch?.Stalls ?? 0,
            Submissions = counters.Submissions,
            Overflows = counters.Overflows,
            Completions = counters.Completions,
            Enters = counters.Enters,
            Parks = counters.Parks,
            Wakes = engine.Inbox.Wakes,
            HandOffs = counters.HandOffs,
            Orphans = counters.Orphans,
            Late = engine.Table.Late,
            UnhandledExceptions = counters.UnhandledExceptions,
            BlockingWaits = counters.BlockingWaits,
            BufferStarvations = counters.BufferStarvations,
            AcceptBackoffs = counters.AcceptBackoffs,
            TransientErrors = counters.TransientErrors,
            ConnectionFaults = counters.ConnectionFaults,
            InFlight = engine.Table.InFlight,
            Backlog = engine.Submissions.Backlog,
            Workers = engine.WorkersIfCreated?.ThreadCount ?? 0,
            QueuedCalls = engine.WorkersIfCreated?.QueueLength ?? 0,
            CallWaits = engine.WorkersIfCreated?.Waits ?? 0,
            InboxDepth = engine.Inbox.Count,
        };
    }
}
