using System.Runtime.InteropServices;

namespace Dispatch.Examples.SyscallTable.Probing;

/// <summary>
/// Runs a probe on a thread of its own. Kernel workers belong to the thread whose request they run and carry its number in their names, and a new thread has none: so one that is there afterwards was made for this request. It
/// stays for some seconds when it has nothing to do, so that it cannot be missed.
/// </summary>
internal static unsafe class Prober
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static ProbeResult Run(OperationProbe probe, ProbeWorld world)
    {
        ProbeResult? result = null;
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                result = RunHere(probe, world);
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw failure;
    }

    private static ProbeResult RunHere(OperationProbe probe, ProbeWorld world)
    {
        using ProbeRing ring = new(world.Buffer, ProbeWorld.BufferBytes);
        if (!ring.Supported()[probe.Number])
        {
            return new ProbeResult(probe.Name, probe.Made, RunPlace.Missing, string.Empty);
        }

        if (probe.Fill is null)
        {
            return new ProbeResult(probe.Name, probe.Made, RunPlace.NotProbed, string.Empty);
        }

        ProbeEntry entry = new() { Opcode = probe.Number };
        probe.Fill(entry, world);
        string worker = $"iou-wrk-{Native.ThreadNumber}";
        long taken = ring.Submit(entry.Bytes);
        if (taken < 0)
        {
            return new ProbeResult(probe.Name, probe.Made, RunPlace.NotProbed, Words(taken));
        }

        if (ring.TryTake(out int result))
        {
            return new ProbeResult(probe.Name, probe.Made, RunPlace.Inline, Words(result));
        }

        probe.Follow?.Invoke(world);
        long start = Environment.TickCount64;
        bool done;
        while (!(done = ring.TryTake(out result)) && Environment.TickCount64 - start < Patience.TotalMilliseconds)
        {
            ring.Ask();
            Thread.Yield();
        }

        bool hasWorker = Directory.GetDirectories("/proc/self/task").Any(task => NameOf(task) == worker);
        return new ProbeResult(probe.Name, probe.Made, hasWorker ? RunPlace.KernelWorker : RunPlace.Asynchronous, done ? Words(result) : "still waits");
    }

    private static string Words(long result) => result >= 0 ? $"{result}" : Marshal.GetPInvokeErrorMessage((int)-result);

    private static string NameOf(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).TrimEnd();
        }
        catch (IOException)
        {
            return string.Empty; // It has just ended.
        }
    }
}
