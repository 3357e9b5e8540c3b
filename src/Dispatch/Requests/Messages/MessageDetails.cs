namespace Dispatch;

/// <summary>
/// What <c>recvmsg(2)</c> says about a message beside its data: the sender, control data, flags. Given to <see cref="IoRequest.ReceiveMessage"/>, and filled when that request has completed. One request at a time; then again.
/// Read it on the thread that the completion came to.
/// </summary>
public sealed class MessageDetails : IOrphanResults
{
    private readonly byte[] address = new byte[MessageParts.LargestAddress];
    private readonly byte[] control;
    private int addressBytes;
    private int controlBytes;
    private int inFlight;

    /// <summary>Initializes a new instance of the <see cref="MessageDetails"/> class.</summary>
    /// <param name="controlRoom">Room for control data, in bytes; see <see cref="ControlMessages.SpaceFor"/>. What does not fit is cut off, and <see cref="MessageFlags.ControlTruncated"/> says so.</param>
    public MessageDetails(int controlRoom = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(controlRoom);
        control = new byte[controlRoom];
    }

    /// <summary>Gets who sent it; null where the socket does not tell (a connected stream) or the address is of a family that .NET does not know.</summary>
    public System.Net.EndPoint? EndPoint => SocketCalls.Parse(AddressBytes);

    /// <summary>Gets the sender's address as the kernel wrote it, a <c>struct sockaddr</c>.</summary>
    public ReadOnlySpan<byte> AddressBytes => address.AsSpan(0, addressBytes);

    /// <summary>Gets the control data: records that <see cref="ControlMessages"/> reads.</summary>
    public ReadOnlySpan<byte> Control => control.AsSpan(0, controlBytes);

    /// <summary>Gets what the kernel says of the message: cut (<see cref="MessageFlags.Truncate"/>), control data cut, end of a record.</summary>
    public MessageFlags Flags { get; private set; }

    internal int ControlRoom => control.Length;

    /// <inheritdoc/>
    void IOrphanResults.Abandon(LoopEngine engine, in CompletionEntry entry) => ControlMessages.CloseDescriptors(engine, Control);

    internal void Begin()
    {
        if (Interlocked.Exchange(ref inFlight, 1) != 0)
        {
            throw new InvalidOperationException("These message details belong to a request that is in flight. Give each receive its own, or wait for its completion.");
        }

        addressBytes = controlBytes = 0;
        Flags = MessageFlags.None;
    }

    internal void Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> records, MessageFlags flags)
    {
        addressBytes = Math.Min(name.Length, address.Length);
        name[..addressBytes].CopyTo(address);
        controlBytes = Math.Min(records.Length, control.Length);
        records[..controlBytes].CopyTo(control);
        Flags = flags;
    }

    internal void End() => Volatile.Write(ref inFlight, 0);
}
