namespace Dispatch;

/// <summary>What a <c>struct msghdr</c> is made of. Immutable: a request that is sent twice makes two records of it.</summary>
internal sealed class MessageParts
{
    /// <summary>The kernel's <c>struct sockaddr_storage</c>.</summary>
    public const int LargestAddress = 128;

    /// <summary>Gets the memories that data is gathered from, or scattered to.</summary>
    public IReadOnlyList<Memory<byte>> Buffers { get; init; } = [];

    /// <summary>Gets the address that is sent to, in the kernel's layout.</summary>
    public byte[] Address { get; init; } = [];

    /// <summary>Gets the room for the sender's address, when it receives.</summary>
    public int AddressRoom { get; init; }

    /// <summary>Gets the control data that is sent along.</summary>
    public ReadOnlyMemory<byte> Control { get; init; }

    /// <summary>Gets the room for control data, when it receives.</summary>
    public int ControlRoom { get; init; }

    /// <summary>Gets what learns address, control data and flags of a received message.</summary>
    public MessageDetails? Details { get; init; }
}
