using System.Runtime.InteropServices;
using static Dispatch.AioAbi;

namespace Dispatch;

/// <summary>
/// Polls that a control block cannot do: repeating ones, which are to fire once a change and not as long as a descriptor is ready; descriptors with two wait queues (a terminal), which the kernel's AIO
/// refuses; and any when the context's places are used up, so that idle connections are not bounded by it. An <c>epoll(7)</c> set, itself polled through the context. Owner thread only.
/// </summary>
internal sealed unsafe class PollSet
{
    private const int Remove = 2;
    private const int Add = 1;
    private const uint EdgeTriggered = 1u << 31;
    private const uint OneShot = 1u << 30;
    private const int AtOnce = 64;
    private const int CloseOnExec = 0x80000;

    private readonly List<Entry?> entries = [];
    private readonly Stack<int> free = new();
    private readonly byte* events = (byte*)NativeMemory.Alloc(AtOnce * 16);
    private uint generation;

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

        // A number of its own: another request may poll the same descriptor, and closing the user's must not take this out, because a request holds its file.
        int copy = (int)SystemCall.Run(SystemCall.Control, descriptor, F_DUPFD_CLOEXEC, 0);
        if (copy < 0)
        {
            return copy;
        }

        if (!free.TryPop(out int index))
        {
            index = entries.Count;
            entries.Add(null);
        }

        Entry entry = new(request, copy, index, ++generation);
        byte* record = stackalloc byte[16];
        *(uint*)record = mask | (repeats ? EdgeTriggered : OneShot);
        *(ulong*)(record + EventBytes - 8) = ((ulong)entry.Generation << 32) | (uint)index;
        int result = (int)SystemCall.Run(SystemCall.EpollControl, Descriptor, Add, copy, (long)record);
        if (result < 0)
        {
            SystemCall.Run(SystemCall.CloseDescriptor, copy);
            free.Push(index);
            return result;
        }

        entries[index] = entry;
        request.State = entry;
        return 0;
    }

    /// <summary>Takes a request's poll out.</summary>
    public void TakeOut(EmulatedRequest request)
    {
        Entry entry = (Entry)request.State!;
        request.State = null;
        byte* record = stackalloc byte[16];
        SystemCall.Run(SystemCall.EpollControl, Descriptor, Remove, entry.Descriptor, (long)record);
        SystemCall.Run(SystemCall.CloseDescriptor, entry.Descriptor);
        entries[entry.Index] = null;
        free.Push(entry.Index);
    }

    /// <summary>Tells the ring which requests are ready, as far as one call knows. Returns whether there may be more.</summary>
    public bool Collect(LinuxAioRing ring)
    {
        int count = (int)SystemCall.Run(SystemCall.EpollWait, Descriptor, (long)events, AtOnce, 0, 0, 8);
        for (int i = 0; i < count; i++)
        {
            byte* record = events + (i * EventBytes);
            ulong data = *(ulong*)(record + EventBytes - 8);

            // One of these may have ended another.
            if (entries[(int)(uint)data] is { } entry && entry.Generation == (uint)(data >> 32))
            {
                ring.OnSetReady(entry.Request, (int)*(uint*)record);
            }
        }

        return count == AtOnce;
    }

    /// <summary>Closes the set and what it holds.</summary>
    public void Close()
    {
        foreach (Entry? entry in entries)
        {
            if (entry is not null)
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

    private sealed record Entry(EmulatedRequest Request, int Descriptor, int Index, uint Generation);
}
