namespace Dispatch;

/// <summary>One record of control data: a <c>struct cmsghdr</c> and what follows it. See <c>cmsg(3)</c>.</summary>
public readonly ref struct ControlMessage
{
    internal ControlMessage(int level, int type, ReadOnlySpan<byte> data)
    {
        Level = level;
        Type = type;
        Data = data;
    }

    /// <summary>Gets the protocol that it is of, such as SOL_SOCKET (1).</summary>
    public int Level { get; }

    /// <summary>Gets its type within the protocol, such as SCM_RIGHTS (1).</summary>
    public int Type { get; }

    /// <summary>Gets the data.</summary>
    public ReadOnlySpan<byte> Data { get; }
}
