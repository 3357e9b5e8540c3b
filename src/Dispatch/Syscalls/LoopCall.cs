namespace Dispatch;

/// <summary>A system call that a loop has made by a worker: its arguments, and the operation that waits for it.</summary>
internal sealed class LoopCall : WorkerCall
{
    private CallEntry entry;

    /// <summary>Gets the number and the arguments. Written by the owner before a worker has it.</summary>
    public ref CallEntry Entry => ref entry;

    /// <summary>Gets or sets the operation that its result goes to. Owner only.</summary>
    public Operation? Operation { get; set; }

    /// <summary>Gets or sets a value indicating whether another signal than a cancel's is no end of it.</summary>
    public bool Restarts { get; set; }

    /// <summary>Gets or sets a value indicating whether a worker had it, so that its result has crossed a thread.</summary>
    public bool HasCrossed { get; set; }

    /// <summary>Gets or sets a value indicating whether the worker is to note its times. Set before a worker has it.</summary>
    public bool IsTimed { get; set; }

    /// <summary>Gets or sets when the worker began it, in nanoseconds of the monotonic clock; 0 when none did.</summary>
    public long Began { get; set; }

    /// <summary>Gets or sets when it had been made.</summary>
    public long Ended { get; set; }

    /// <inheritdoc/>
    public override bool IsRestarted => Restarts;

    /// <inheritdoc/>
    protected override long Execute()
    {
        if (!IsTimed)
        {
            return Make();
        }

        long now = NanosecondClock.Real;
        Began = Began == 0 ? now : Began; // Made again after a signal, it has begun long ago.
        long result = Make();
        Ended = NanosecondClock.Real;
        return result;
    }

    private long Make() => SystemCall.Run(Entry.Number, Entry.A0, Entry.A1, Entry.A2, Entry.A3, Entry.A4, Entry.A5);
}
