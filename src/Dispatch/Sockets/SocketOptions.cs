using System.Net.Sockets;
using Tmds.Linux;

namespace Dispatch;

/// <summary>The options of connected sockets. <c>setsockopt(2)</c>, <c>socket(7)</c>, <c>tcp(7)</c>. The calls never wait.</summary>
internal static unsafe class SocketOptions
{
    // TCP_NODELAY, TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT of linux/tcp.h.
    public const int TcpNoDelay = 1;
    public const int TcpKeepIdle = 4;
    public const int TcpKeepInterval = 5;
    public const int TcpKeepCount = 6;

    /// <summary>Sets what is asked for of a socket that has just been made. One that the peer has reset already refuses some; its reader will hear of the reset.</summary>
    public static void Apply(KernelCalls calls, int number, AddressFamily family, ConnectionOptions options)
    {
        bool isTcp = family is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6;
        if (isTcp && options.NoDelay)
        {
            _ = TrySet(calls, number, LibC.IPPROTO_TCP, TcpNoDelay, 1);
        }

        if (isTcp && options.KeepAliveTime is { } time)
        {
            SetKeepAlive(calls, number, time, options.KeepAliveInterval, options.KeepAliveRetries);
        }

        if (options.Linger is { } linger)
        {
            SetLinger(calls, number, linger);
        }

        if (options.SendBufferSize is { } send)
        {
            _ = TrySet(calls, number, LibC.SOL_SOCKET, LibC.SO_SNDBUF, send);
        }

        if (options.ReceiveBufferSize is { } receive)
        {
            _ = TrySet(calls, number, LibC.SOL_SOCKET, LibC.SO_RCVBUF, receive);
        }
    }

    /// <summary>Has the system ask whether the peer is still there.</summary>
    public static void SetKeepAlive(KernelCalls calls, int number, TimeSpan time, TimeSpan? interval, int? retries)
    {
        _ = TrySet(calls, number, LibC.SOL_SOCKET, LibC.SO_KEEPALIVE, 1);
        _ = TrySet(calls, number, LibC.IPPROTO_TCP, TcpKeepIdle, Seconds(time));
        if (interval is { } pause)
        {
            _ = TrySet(calls, number, LibC.IPPROTO_TCP, TcpKeepInterval, Seconds(pause));
        }

        if (retries is { } count)
        {
            _ = TrySet(calls, number, LibC.IPPROTO_TCP, TcpKeepCount, count);
        }
    }

    /// <summary>Says how long a close waits for what was sent; null for not at all.</summary>
    public static int SetLinger(KernelCalls calls, int number, TimeSpan? time)
    {
        int* linger = stackalloc int[2] { time is null ? 0 : 1, time is { Ticks: > 0 } some ? Seconds(some) : 0 };
        return calls.SetOption(number, LibC.SOL_SOCKET, LibC.SO_LINGER, linger, sizeof(int) * 2);
    }

    /// <summary>How long a close waits for what was sent; null for not at all.</summary>
    public static int GetLinger(KernelCalls calls, int number, out TimeSpan? time)
    {
        int* linger = stackalloc int[2];
        int result = calls.GetOption(number, LibC.SOL_SOCKET, LibC.SO_LINGER, linger, sizeof(int) * 2);
        time = result >= 0 && linger[0] != 0 ? TimeSpan.FromSeconds(linger[1]) : null;
        return result;
    }

    /// <summary>Sets one. Returns 0 or a negative errno.</summary>
    public static int TrySet(KernelCalls calls, int number, int level, int option, int value) => calls.SetOption(number, level, option, &value, sizeof(int));

    /// <summary>Reads one. Returns a negative errno when it cannot be read.</summary>
    public static int TryGet(KernelCalls calls, int number, int level, int option, out int value)
    {
        int read = 0;
        int result = calls.GetOption(number, level, option, &read, sizeof(int));
        value = read;
        return result;
    }

    private static int Seconds(TimeSpan time) => (int)Math.Clamp(Math.Ceiling(time.TotalSeconds), 1, 32_767);
}
