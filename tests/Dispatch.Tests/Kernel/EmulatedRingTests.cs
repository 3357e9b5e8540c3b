using System.Runtime.InteropServices;

namespace Dispatch.Tests.Kernel;

/// <summary>What the tests of the emulations share: rings of a back end that does nothing by itself, and requests for it.</summary>
public abstract unsafe class EmulatedRingTests : IDisposable
{
    private const int Records = 64;

    private readonly IoUringRecords.KernelTimespec* times = (IoUringRecords.KernelTimespec*)NativeMemory.AllocZeroed(Records * 16);
    private readonly List<ImmediateRing> rings = [];
    private int used;

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        foreach (ImmediateRing ring in rings)
        {
            ring.Close(fromOwner: true);
            Assert.Equal(0, ring.InFlight);
            ring.ReleaseMemory();
        }

        NativeMemory.Free(times);
    }

    private protected static SubmissionEntry Nop(ulong tag) => new() { Opcode = Opcode.Nop, UserData = tag };

    private protected static SubmissionEntry Poll(ulong tag) => new() { Opcode = Opcode.PollAdd, UserData = tag };

    private protected static SubmissionEntry Read(ulong tag, uint length, int result, EntryFlags flags) =>
        new() { Opcode = Opcode.Read, Length = length, Offset = (ulong)result, UserData = tag, Flags = flags };

    private protected static SubmissionEntry Cancel(ulong tag, ulong target, uint flags) =>
        new() { Opcode = Opcode.AsyncCancel, Address = target, OperationFlags = flags, UserData = tag };

    private protected static void Stage(ImmediateRing ring, params SubmissionEntry[] entries)
    {
        foreach (SubmissionEntry entry in entries)
        {
            SubmissionEntry* slot = ring.Submissions.TryTake();
            Assert.True(slot != null, "The submission queue is full.");
            *slot = entry;
        }
    }

    private protected static List<CompletionEntry> TakeEntries(ImmediateRing ring)
    {
        List<CompletionEntry> taken = [];
        while (ring.Completions.TryTake(out CompletionEntry entry))
        {
            taken.Add(entry);
        }

        ring.Completions.Release();
        return taken;
    }

    private protected static List<(int Tag, int Result)> Take(ImmediateRing ring) => [.. TakeEntries(ring).Select(e => ((int)e.UserData, e.Result))];

    private protected ImmediateRing Create(uint submissions = 32, uint completions = 64)
    {
        ImmediateRing ring = new(submissions, completions);
        rings.Add(ring);
        return ring;
    }

    private protected SubmissionEntry Timeout(ulong tag, long nanoseconds, uint flags)
    {
        // A record each: the ring reads them only in the enter.
        IoUringRecords.KernelTimespec* time = &times[used++ % Records];
        time->Nanoseconds = nanoseconds;
        return new() { Opcode = Opcode.Timeout, Address = (ulong)time, Length = 1, OperationFlags = flags, UserData = tag };
    }

    private protected SubmissionEntry LinkTimeout(ulong tag, long nanoseconds) => Timeout(tag, nanoseconds, 0) with { Opcode = Opcode.LinkTimeout };
}
