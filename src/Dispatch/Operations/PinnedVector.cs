using System.Buffers;
using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Dispatch;

/// <summary>An <c>iovec</c> array over pinned memories, for the life of one scattering or gathering request.</summary>
internal sealed unsafe class PinnedVector : IDisposable
{
    private readonly MemoryHandle[] handles;
    private iovec* vectors;

    public PinnedVector(IReadOnlyList<Memory<byte>> memories)
    {
        handles = new MemoryHandle[memories.Count];
        vectors = (iovec*)NativeMemory.Alloc((nuint)memories.Count, (nuint)sizeof(iovec));
        try
        {
            for (int i = 0; i < handles.Length; i++)
            {
                handles[i] = memories[i].Pin();
                vectors[i].iov_base = handles[i].Pointer;
                vectors[i].iov_len = memories[i].Length;
            }
        }
        catch
        {
            Dispose(); // One of the memories was gone: the others are not to stay pinned.
            throw;
        }
    }

    /// <summary>Gets the number of blocks.</summary>
    public int Count => handles.Length;

    /// <summary>Gets where the array is.</summary>
    public ulong Address => (ulong)vectors;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ref MemoryHandle handle in handles.AsSpan())
        {
            handle.Dispose();
        }

        NativeMemory.Free(vectors);
        vectors = null;
    }
}
