namespace Dispatch.Examples.SyscallTable.Probing;

/// <summary>
/// A ring for one request, bare: a submit that asks for no completions shows none but those that were there when it returned, because a ring with deferred task work posts the others only when it is asked to.
/// The thread that makes it is the only one to use it. <c>io_uring_setup(2)</c>.
/// </summary>
internal sealed unsafe class ProbeRing : IDisposable
{
    private const int Entries = 4;
    private const uint SingleIssuer = 1 << 12;
    private const uint DeferTaskRun = 1 << 13;
    private const uint GetEvents = 1;
    private const int SharedPopulate = 0x8001;
    private const int ReadWrite = 3;
    private const long EntriesOffset = 0x1000_0000;
    private const nuint QueueBytes = 4096;
    private const int RegisterBuffers = 0;
    private const int RegisterProbe = 8;
    private readonly int descriptor;
    private readonly byte* queues;
    private readonly byte* entries;
    private readonly uint* parameters;

    public ProbeRing(byte* buffer, int bufferBytes)
    {
        parameters = (uint*)System.Runtime.InteropServices.NativeMemory.AllocZeroed(120);
        parameters[2] = SingleIssuer | DeferTaskRun;
        descriptor = (int)Native.Call(Native.RingSetup, Entries, (long)parameters);
        if (descriptor < 0)
        {
            throw new NotSupportedException($"io_uring_setup failed with errno {-descriptor}: the kernel refuses rings with deferred task work (Linux 6.1), or a container's seccomp profile refuses all. Run this on the machine itself.");
        }

        queues = Native.Map(null, QueueBytes, ReadWrite, SharedPopulate, descriptor, 0);
        entries = Native.Map(null, QueueBytes, ReadWrite, SharedPopulate, descriptor, EntriesOffset);
        long* vector = stackalloc long[2] { (long)buffer, bufferBytes };
        Native.Call(Native.RingRegister, descriptor, RegisterBuffers, (long)vector, 1);
    }

    private uint* CompletionHead => (uint*)(queues + parameters[20]);

    private uint* CompletionTail => (uint*)(queues + parameters[21]);

    /// <summary>Says which operations the kernel has.</summary>
    public bool[] Supported()
    {
        const int Most = 256;
        byte* probe = stackalloc byte[16 + (8 * Most)];
        new Span<byte>(probe, 16 + (8 * Most)).Clear();
        bool[] supported = new bool[Most];
        Native.Call(Native.RingRegister, descriptor, RegisterProbe, (long)probe, Most);
        for (int i = 0; i < probe[1]; i++)
        {
            supported[i] = (probe[16 + (8 * i) + 2] & 1) != 0;
        }

        return supported;
    }

    /// <summary>Submits one entry and asks for no completions. Returns a negative errno when it was not taken.</summary>
    public long Submit(ReadOnlySpan<byte> entry)
    {
        entry.CopyTo(new Span<byte>(entries, 64));
        ((uint*)(queues + parameters[16]))[0] = 0; // The array of the submission queue: its first place names the first entry.
        Volatile.Write(ref *(uint*)(queues + parameters[11]), 1);
        return Native.Call(Native.RingEnter, descriptor, 1, 0, 0);
    }

    /// <summary>Lets deferred completions appear.</summary>
    public void Ask() => Native.Call(Native.RingEnter, descriptor, 0, 0, GetEvents);

    /// <summary>Takes the completion, if it is there.</summary>
    public bool TryTake(out int result)
    {
        result = 0;
        if (*CompletionHead == Volatile.Read(ref *CompletionTail))
        {
            return false;
        }

        result = ((int*)(queues + parameters[25]))[2];
        Volatile.Write(ref *CompletionHead, *CompletionHead + 1);
        return true;
    }

    public void Dispose()
    {
        _ = Native.Unmap(queues, QueueBytes);
        _ = Native.Unmap(entries, QueueBytes);
        Native.Close(descriptor);
        System.Runtime.InteropServices.NativeMemory.Free(parameters);
    }
}
