namespace Dispatch.Testing;

/// <summary>A system call that no ring has, on its way: on the simulated machine it is made when its time has come, at once as far as anybody can see.</summary>
internal sealed unsafe class SimulatedCall(SimulatedKernel kernel, LoopCall call, WorkerPool pool) : SimulatedEvent
{
    private const ulong LowestAddress = 65_536;

    /// <summary>Gets a value indicating whether it has been made.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Gets or sets a value indicating whether a cancel has come too late for it once.</summary>
    public bool WasMissed { get; set; }

    /// <summary>Gets the call.</summary>
    public LoopCall Call => call;

    /// <summary>Gets how long it takes by itself, in nanoseconds; a negative errno when it is wrong.</summary>
    public long Duration => SystemCallTable.NameOf((long)call.Entry.Number) switch
    {
        "nanosleep" => Span(call.Entry.A0),
        "clock_nanosleep" when call.Entry.A1 != 0 => -Errno.ENOSYS, // Until an absolute time: of which clock?
        "clock_nanosleep" => Span(call.Entry.A2),
        _ => 0,
    };

    /// <inheritdoc/>
    public override void Fire()
    {
        IsOver = true;
        call.State = WorkerCallState.Done;
        call.Result = Run();
        kernel.Trace.Add(TraceKind.Call, kernel.Now, result: call.Result, text: SystemCallTable.NameOf((long)call.Entry.Number));
        pool.OnDone(call);
    }

    private static long Span(long address)
    {
        if ((ulong)address < LowestAddress)
        {
            return -Errno.EFAULT;
        }

        long* span = (long*)address;
        return span[0] < 0 || span[1] is < 0 or >= 1_000_000_000 ? -Errno.EINVAL : (span[0] * 1_000_000_000) + span[1];
    }

    /// <summary>What the machine has a world for; anything else is a call that its kernel does not have.</summary>
    private long Run() => SystemCallTable.NameOf((long)call.Entry.Number) switch
    {
        "getrandom" => Fill(call.Entry.A0, call.Entry.A1),
        "nanosleep" or "clock_nanosleep" => Math.Min(Duration, 0),
        "sched_yield" or "sync" => 0,
        "getpid" or "gettid" => 2,
        "getppid" => 1,
        _ => -Errno.ENOSYS,
    };

    private long Fill(long address, long length)
    {
        if ((ulong)address < LowestAddress && length != 0)
        {
            return -Errno.EFAULT;
        }

        byte* bytes = (byte*)address;
        for (long i = 0; i < length; i++)
        {
            bytes[i] = (byte)kernel.Chance.Next();
        }

        return length;
    }
}
