namespace Dispatch;

/// <summary>The rooms that a multishot receive of messages leaves in each buffer: with them, descriptors that came in a message that nobody takes are found and closed.</summary>
internal sealed class MessageRoom(int addressRoom, int controlRoom) : IOrphanResults
{
    /// <inheritdoc/>
    public unsafe void Abandon(LoopEngine engine, in CompletionEntry entry)
    {
        if (controlRoom != 0 && (entry.Flags & IoUringAbi.IORING_CQE_F_BUFFER) != 0 && engine.ReceiveBuffersIfCreated is { } buffers)
        {
            ReadOnlySpan<byte> record = new((void*)buffers.AddressHeld((int)(entry.Flags >> IoUringAbi.IORING_CQE_BUFFER_SHIFT)), entry.Result);
            ControlMessages.CloseDescriptors(engine, ReceivedMessage.Parse(record, addressRoom, controlRoom).Control);
        }
    }
}
