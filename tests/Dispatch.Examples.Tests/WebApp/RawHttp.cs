using System.Net.Sockets;
using System.Text;

namespace Dispatch.Examples.Tests;

/// <summary>HTTP/1.1 by hand, for what no decent client does.</summary>
internal static class RawHttp
{
    public static void SendText(this Socket socket, string text)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += socket.Send(bytes.AsSpan(sent));
        }
    }

    /// <summary>Reads to the end of the headers.</summary>
    public static string ReadHead(this Socket socket)
    {
        StringBuilder head = new();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && socket.Receive(one) == 1)
        {
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    /// <summary>Reads until the peer ends, in whatever way.</summary>
    public static string ReadToEnd(this Socket socket)
    {
        StringBuilder text = new();
        byte[] buffer = new byte[4096];
        try
        {
            while (socket.Receive(buffer) is int count and > 0)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // It had not read all that was sent to it.
        }

        return text.ToString();
    }

    /// <summary>Leaves as a program that crashes: the peer sees a reset.</summary>
    public static void Reset(this Socket socket)
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Dispose();
    }
}
