using System.Runtime.InteropServices;
using static Dispatch.AioAbi;

namespace Dispatch;

/// <summary>
/// Polls that a control block cannot do: repeating ones, which fire once a change and not as long as a descriptor is ready; descriptors with two wait queues (a terminal), which the kernel's AIO refuses; and any when the
/// context's places are used up, so that idle connections are not bounded by it. An <c>epoll(7)</c> set, itself polled through the context. Owner thread only.
/// </summary>
/// <remarks>
/// A multishot's poll stands here for another reason too: the kernel keeps the file of a cancelled control block for up to a tick of its clock, so that a listener would go on listening, and a connection send no FIN, after
/// its descriptor was closed. What is taken out of this set is let go at once.
/// </remarks>
internal sealed unsafe class PollSet
{
    private const int Add = 1;
    private const int Remove = 2;
    private const int Modify = 3;
    private const uint EdgeTriggered = 1u << 31;
    private const uint OneShot = 1u << 30;
    private const int AtOnce = 64;
    private const int CloseOnExec = 0x80000;
    private const int SignalSetBytes = 8;

    private readonly List<PollSetEntry> entries = [];
    private readonly Stack<PollSetEntry> free = new();
    private readonly Dictionary<int, PollSetEntry> byDescriptor = [];
    private readonly byte* events = (byte*)NativeMemory.Alloc(AtOnce * 16);

    /// <summary>Gets the descriptor of the set, or −1 before the first is added.</summary>
    public int Descriptor { get; private set; } = -1;

    // The kernel packs the record on x86-64, so that 32-bit programs have the same.
    private static int EventBytes { get; } = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    /// <summary>Adds a poll for a request. Returns 0, or a negative errno; −EPERM for what is always ready.</summary>
    public int TryAdd(EmulatedRequest request, int descriptor, uint mask, bool repeats)
    {
        if (Descriptor < 0)
        {
            int created = (int)SystemCall.Run(SystemCall.EpollCreate, CloseOnExec);
            if (created < 0)
            {
                return created;
            }

            Descriptor = created;
        }

        PollSetEntry entry = Rent();
        entry.Mask = mask | (repeats ? EdgeTriggered : OneShot);
        entry.Repeats = repeats;
        int result = Control(Add, descriptor, entry);
        if (result == -Errno.EEXIST)
        {
            // Another request polls it; under a number of our own it can be polled twice.
            int copy = (int)SystemCall.Run(SystemCall.Control, descriptor, F_DUPFD_CLOEXEC, 0);
            result = copy < 0 ? copy : Control(Add, copy, entry);
            if (copy >= 0 && result < 0)
            {
                SystemCall.Run(SystemCall.CloseDescriptor, copy);
            }

            entry.IsCopy = true;
            entry.Descriptor = copy;
        }
        else if (result == 0)
        {
            if (byDescriptor.TryGetValue(descriptor, out PollSetEntry? closed))
            {
                closed.IsGone = true; // The kernel took the number, so the file that had it here is closed. Its request waits for its cancel.
            }

            byDescriptor[descriptor] = entry;
            entry.Descriptor = descriptor;
        }

        if (result < 0)
        {
            free.Push(entry);
            return result;
        }

        entry.Request = request;
        request.State = entry;
        return 0;
    }

    /// <summary>Takes a request's poll out.</summary>
    public void TakeOut(EmulatedRequest request)
    {
        PollSetEntry entry = (PollSetEntry)request.State!;
        request.State = null;
        entry.Request = null;
        if (!entry.IsGone)
        {
            Control(Remove, entry.Descriptor, entry);
        }

        if (entry.IsCopy)
        {
            SystemCall.Run(SystemCall.CloseDescriptor, entry.Descriptor);
        }
        else if (!entry.IsGone)
        {
            byDescriptor.Remove(entry.Descriptor);
        }

        free.Push(entry);
    }

    /// <summary>Has a repeating poll look again at once, although nothing has changed: its request left something behind.</summary>
    public void LookAgain(EmulatedRequest request)
    {
        PollSetEntry entry = (PollSetEntry)request.State!;
        if (!entry.IsGone)
        {
            Control(Modify, entry.Descriptor, entry);
        }
    }

    /// <summary>Has a request's poll stand under another number of its file.</summary>
    public void Move(EmulatedRequest request, int descriptor)
    {
        PollSetEntry entry = (PollSetEntry)request.State!;
        if (entry.IsCopy || entry.IsGone)
        {
            return;
        }

        Control(Remove, entry.Descriptor, entry);
        byDescriptor.Remove(entry.Descriptor);
        entry.Descriptor = descriptor;
        byDescriptor[descriptor] = entry;
        Control(Add, descriptor, entry);
    }

    /// <summary>Tells the ring which requests are ready, as far as one call knows. Returns whether there may be more.</summary>
    public bool Collect(LinuxAioRing ring)
    {
        int count = (int)SystemCall.Run(SystemCall.EpollWait, Descriptor, (long)events, AtOnce, 0, 0, SignalSetBytes);
        for (int i = 0; i < count; i++)
        {
            byte* record = events + (i * EventBytes);
            ulong data = *(ulong*)(record + EventBytes - 8);
            PollSetEntry entry = entries[(int)(uint)data];
            if (entry.Generation == (uint)(data >> 32) && entry.Request is { } request)
            {
                ring.OnSetReady(request, *(int*)record, entry.Repeats); // Unless one of these has just ended it.
            }
        }

        return count == AtOnce;
    }

    /// <summary>Closes the set and what it holds.</summary>
    public void Close()
    {
        foreach (PollSetEntry entry in entries)
        {
            if (entry.Request is not null && entry.IsCopy)
            {
                SystemCall.Run(SystemCall.CloseDescriptor, entry.Descriptor);
            }
        }

        entries.Clear();
        if (Descriptor >= 0)
        {
            SystemCall.Run(SystemCall.CloseDescriptor, Descriptor);
        }

        NativeMemory.Free(events);
    }

    private PollSetEntry Rent()
    {
        if (!free.TryPop(out PollSetEntry? entry))
        {
            entry = new PollSetEntry { Index = entries.Count };
            entries.Add(entry);
        }

        entry.Generation++;
        entry.IsCopy = false;
        entry.IsGone = false;
        return entry;
    }

    private int Control(int operation, int descriptor, PollSetEntry entry)
    {
        byte* record = stackalloc byte[16];
        *(uint*)record = entry.Mask;
        *(ulong*)(record + EventBytes - 8) = ((ulong)entry.Generation << 32) | (uint)entry.Index;
        return (int)SystemCall.Run(SystemCall.EpollControl, Descriptor, operation, descriptor, (long)record);
    }
}
