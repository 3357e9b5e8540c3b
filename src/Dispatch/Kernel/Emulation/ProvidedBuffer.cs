namespace Dispatch;

/// <summary>A buffer that was taken out of a ring of provided buffers for one request.</summary>
internal readonly struct ProvidedBuffer(ulong address, uint length, ushort id)
{
    public readonly ulong Address = address;
    public readonly uint Length = length;
    public readonly ushort Id = id;
}
