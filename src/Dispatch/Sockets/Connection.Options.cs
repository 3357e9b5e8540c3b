using System.Net.Sockets;
using Tmds.Linux;

namespace Dispatch;

/// <content>Options of the socket. <c>setsockopt(2)</c>. They never wait, and belong to the owner's thread: elsewhere the descriptor's number could be closed, and another file's, by then.</content>
public sealed partial class Connection
{
    /// <summary>Gets or sets a value indicating whether small segments are sent at once (TCP_NODELAY). True on a Unix-domain socket, which never delays. Owner thread only.</summary>
    public bool NoDelay
    {
        get => Family == AddressFamily.Unix || GetOption(LibC.IPPROTO_TCP, SocketOptions.TcpNoDelay) != 0;
        set
        {
            if (Family != AddressFamily.Unix)
            {
                SetOption(LibC.IPPROTO_TCP, SocketOptions.TcpNoDelay, value ? 1 : 0);
            }
        }
    }

    /// <summary>Gets or sets from how many bytes on a send is made without copying; see <see cref="ConnectionOptions.ZeroCopyThreshold"/>. 0 once the kernel has reported that it copies.</summary>
    public int ZeroCopyThreshold
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>Gets or sets a value indicating whether the system asks a silent peer whether it is still there (SO_KEEPALIVE). Owner thread only.</summary>
    public bool KeepAlive
    {
        get => GetOption(LibC.SOL_SOCKET, LibC.SO_KEEPALIVE) != 0;
        set => SetOption(LibC.SOL_SOCKET, LibC.SO_KEEPALIVE, value ? 1 : 0);
    }

    /// <summary>Gets or sets how long a close waits for the peer to acknowledge what was sent (SO_LINGER), in whole seconds: zero resets the connection, null (the default) does not wait. Owner thread only.</summary>
    public TimeSpan? Linger
    {
        get
        {
            Verify("getsockopt", SocketOptions.GetLinger(CallsOnOwner(), OwnedDescriptor.Number, out TimeSpan? time));
            return time;
        }

        set
        {
            Verify("setsockopt", SocketOptions.SetLinger(CallsOnOwner(), OwnedDescriptor.Number, value));
            OwnedDescriptor.ClosesSlowly = value is { Ticks: > 0 };
        }
    }

    /// <summary>Gets or sets the size of the kernel's send buffer in bytes (SO_SNDBUF); the kernel doubles what is set. Owner thread only.</summary>
    public int SendBufferSize
    {
        get => GetOption(LibC.SOL_SOCKET, LibC.SO_SNDBUF);
        set => SetOption(LibC.SOL_SOCKET, LibC.SO_SNDBUF, value);
    }

    /// <summary>Gets or sets the size of the kernel's receive buffer in bytes (SO_RCVBUF); the kernel doubles what is set. Owner thread only.</summary>
    public int ReceiveBufferSize
    {
        get => GetOption(LibC.SOL_SOCKET, LibC.SO_RCVBUF);
        set => SetOption(LibC.SOL_SOCKET, LibC.SO_RCVBUF, value);
    }

    /// <summary>Sets an option whose value is a number. Owner thread only.</summary>
    /// <param name="level">The level: SOL_SOCKET is 1, IPPROTO_TCP is 6.</param>
    /// <param name="option">The option's number at that level.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="SocketException">The socket has no such option, or not this value.</exception>
    public void SetOption(int level, int option, int value) => Verify("setsockopt", SocketOptions.TrySet(CallsOnOwner(), OwnedDescriptor.Number, level, option, value));

    /// <summary>Reads an option whose value is a number. <c>getsockopt(2)</c>. Owner thread only.</summary>
    /// <param name="level">The level: SOL_SOCKET is 1, IPPROTO_TCP is 6.</param>
    /// <param name="option">The option's number at that level.</param>
    /// <returns>The value.</returns>
    /// <exception cref="SocketException">The socket has no such option.</exception>
    public int GetOption(int level, int option)
    {
        Verify("getsockopt", SocketOptions.TryGet(CallsOnOwner(), OwnedDescriptor.Number, level, option, out int value));
        return value;
    }

    private static void Verify(string call, int result)
    {
        if (result < 0)
        {
            throw ErrorMap.ForSocket(call, result);
        }
    }

    private KernelCalls CallsOnOwner()
    {
        Engine.VerifyOwner();
        ObjectDisposedException.ThrowIf(IsClosed, this);
        return Engine.Ring.Calls;
    }
}
