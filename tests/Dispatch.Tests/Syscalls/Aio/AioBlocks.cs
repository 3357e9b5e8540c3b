using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Dispatch.Tests;

/// <summary>Some control blocks and the memory that they lend, at addresses that stay.</summary>
internal sealed unsafe class AioBlocks : IDisposable
{
    private const int Count = 4;

    private readonly AioControlBlock* blocks = (AioControlBlock*)NativeMemory.AllocZeroed(Count, (nuint)sizeof(AioControlBlock));
    private readonly AioAbi.Piece* vector = (AioAbi.Piece*)NativeMemory.AllocZeroed(2, (nuint)sizeof(AioAbi.Piece));
    private readonly byte* memory = (byte*)NativeMemory.AllocZeroed(4096);

    public Span<byte> Memory => new(memory, 4096);

    public ref AioControlBlock this[int index] => ref blocks[index];

    /// <summary>Reads what an eventfd has counted.</summary>
    public static ulong ReadCount(int descriptor)
    {
        ulong count;
        Assert.Equal(8, (long)LibC.read(descriptor, &count, 8));
        return count;
    }

    public nint Address(int index) => (nint)(blocks + index);

    public int Submit(AioContext context, int count)
    {
        nint[] addresses = [.. Enumerable.Range(0, count).Select(Address)];
        return context.Submit(addresses);
    }

    public void SetRead(int index, int descriptor, int bytes, ulong data) =>
        blocks[index] = new AioControlBlock { Command = AioCommand.Read, Descriptor = (uint)descriptor, Buffer = (ulong)memory, Length = (ulong)bytes, Data = data };

    public void SetPoll(int index, int descriptor, ulong data) =>
        blocks[index] = new AioControlBlock { Command = AioCommand.Poll, Descriptor = (uint)descriptor, Buffer = 1, Data = data };

    /// <summary>A read of one byte each into the first two bytes of the memory.</summary>
    public void SetVectorRead(int index, int descriptor, ulong data)
    {
        vector[0] = new AioAbi.Piece { Address = (ulong)memory, Length = 1 };
        vector[1] = new AioAbi.Piece { Address = (ulong)memory + 1, Length = 1 };
        blocks[index] = new AioControlBlock { Command = AioCommand.ReadVector, Descriptor = (uint)descriptor, Buffer = (ulong)vector, Length = 2, Data = data };
    }

    /// <summary>Fills the blocks and the vector with what would fault.</summary>
    public void Spoil()
    {
        new Span<AioControlBlock>(blocks, Count).Clear();
        new Span<AioAbi.Piece>(vector, 2).Fill(new AioAbi.Piece { Address = 16, Length = 1 });
    }

    public void Dispose()
    {
        NativeMemory.Free(blocks);
        NativeMemory.Free(vector);
        NativeMemory.Free(memory);
    }
}
