namespace Dispatch.Examples.Echo;

/// <summary>A queue of received buffers: the ends of a chain whose links are in a <see cref="BufferChains"/>.</summary>
internal struct BufferQueue
{
    public int First;
    public int Last;
    public int Count;
}
