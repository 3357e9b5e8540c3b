using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Dispatch;

/// <summary>
/// The registered buffers of one loop: one block of pinned memory, registered as a whole. Made by <see cref="EventLoop.RegisterBuffers"/>, once a loop. Owner thread only. The memory counts
/// against the locked-memory limit and is freed with the loop, or with the last buffer that is given back after it.
/// </summary>
public sealed unsafe class RegisteredBufferPool
{
    private readonly Stack<RegisteredBuffer> free = new();
    private byte* block;
    private int holds = 1; // The pool's own, until the loop ends, and one for each buffer that is out.

    internal RegisteredBufferPool(LoopEngine engine, int count, int size)
    {
        Engine = engine;
        Count = count;
        BufferSize = size;
        nuint bytes = (nuint)count * (nuint)size;
        block = (byte*)NativeMemory.AlignedAlloc(bytes, (nuint)Environment.SystemPageSize);
        NativeMemory.Clear(block, bytes);
        iovec[] vectors = new iovec[count];
        for (int i = 0; i < count; i++)
        {
            byte* address = block + ((nuint)i * (nuint)size);
            vectors[i].iov_base = address;
            vectors[i].iov_len = size;
            free.Push(new RegisteredBuffer(this, (nint)address, (ushort)i, size));
        }

        int result;
        fixed (iovec* first = vectors)
        {
            result = engine.Ring.Register(IoUringAbi.IORING_REGISTER_BUFFERS, first, (uint)count);
        }

        if (result < 0)
        {
            Free();
            throw new IOException($"Registering {count} buffers of {size} bytes failed with {Errno.Name(-result)}. Raise the locked-memory limit (`ulimit -l unlimited`, LimitMEMLOCK= in a systemd unit), or register less.");
        }
    }

    /// <summary>Gets how many buffers there are.</summary>
    public int Count { get; }

    /// <summary>Gets their size in bytes.</summary>
    public int BufferSize { get; }

    /// <summary>Gets how many are free.</summary>
    public int Available => free.Count;

    internal LoopEngine Engine { get; }

    /// <summary>Takes a buffer out, if one is free.</summary>
    /// <param name="buffer">The buffer; dispose it to give it back.</param>
    /// <returns>Whether one was free.</returns>
    public bool TryRent([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out RegisteredBuffer? buffer)
    {
        Engine.VerifyOwner();
        if (!free.TryPop(out buffer))
        {
            return false;
        }

        buffer.OnRented();
        Interlocked.Increment(ref holds);
        return true;
    }

    internal void Return(RegisteredBuffer buffer)
    {
        if (Engine.IsOwner)
        {
            free.Push(buffer);
        }
        else
        {
            Engine.Posted.TryPost(static (s, _) => ((RegisteredBuffer)s!).Pool.PushOnOwner((RegisteredBuffer)s!), buffer, 0);
        }

        Free();
    }

    /// <summary>Ends one hold. The memory goes with the last: the loop may end while a buffer is out, and its renter is not to read freed memory.</summary>
    internal void Free()
    {
        if (Interlocked.Decrement(ref holds) == 0)
        {
            NativeMemory.AlignedFree(block);
            block = null;
        }
    }

    private void PushOnOwner(RegisteredBuffer buffer)
    {
        if (Engine.IsOwner)
        {
            free.Push(buffer); // Else the loop did not live to read the message, and nobody will rent any more.
        }
    }
}
