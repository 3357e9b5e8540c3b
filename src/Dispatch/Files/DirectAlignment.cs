namespace Dispatch;

/// <summary>What direct I/O asks of a file's requests. The kernel would only say EINVAL; this says which number is wrong.</summary>
internal sealed class DirectAlignment(int memory, int offset)
{
    /// <summary>What the kernel asks for when it does not say: the largest sector of common devices.</summary>
    private const int Cautious = 4096;

    /// <summary>Gets the alignment of memory, in bytes.</summary>
    public int Memory { get; } = memory;

    /// <summary>Gets the alignment of offsets and lengths, in bytes.</summary>
    public int Offset { get; } = offset;

    /// <summary>Reads it from a file's status.</summary>
    public static DirectAlignment From(FileStatus status, string path) => (status.DirectMemoryAlignment, status.DirectOffsetAlignment) switch
    {
        (null, _) or (_, null) => new DirectAlignment(Cautious, Cautious),
        (0, _) or (_, 0) => throw new IOException($"'{path}' cannot be opened for direct I/O: its file system does not support O_DIRECT (statx reports an alignment of 0). Open it without FileOpenOptions.Direct."),
        (int memory, int offset) => new DirectAlignment(memory, offset),
    };

    /// <summary>Throws when a request is not aligned.</summary>
    public unsafe void Verify(ReadOnlyMemory<byte> buffer, long at)
    {
        if (at % Offset != 0)
        {
            throw new ArgumentException($"The file is open for direct I/O: the offset must be a multiple of {Offset}; it is {at}.", nameof(at));
        }

        if (buffer.Length % Offset != 0)
        {
            throw new ArgumentException($"The file is open for direct I/O: the length must be a multiple of {Offset}; it is {buffer.Length}.", nameof(buffer));
        }

        using System.Buffers.MemoryHandle pin = buffer.Pin();
        if ((nuint)pin.Pointer % (nuint)Memory != 0)
        {
            throw new ArgumentException(
                $"The file is open for direct I/O: the memory must be aligned to {Memory} bytes; it begins at 0x{(nuint)pin.Pointer:x}. Use a buffer of EventLoop.RegisterBuffers or AlignedMemory.Allocate.",
                nameof(buffer));
        }
    }
}
