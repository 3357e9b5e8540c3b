using System.Buffers;

namespace Dispatch.Conformance;

/// <summary>A sequence of blocks of given sizes over one array.</summary>
internal sealed class Blocks : ReadOnlySequenceSegment<byte>
{
    public static ReadOnlySequence<byte> Of(ReadOnlyMemory<byte> data, Func<int, int> sizeOf)
    {
        Blocks first = new() { Memory = ReadOnlyMemory<byte>.Empty };
        Blocks last = first;
        for (int i = 0, at = 0; at < data.Length; i++)
        {
            int size = Math.Clamp(sizeOf(i), 0, data.Length - at);
            Blocks next = new() { Memory = data.Slice(at, size), RunningIndex = at };
            last.Next = next;
            last = next;
            at += size;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }
}
