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

    /// <summary>Reads until the peer ends.</summary>
    public static string ReadToEnd(this Socket socket)
    {
        using StreamReader reader = new(new NetworkStream(socket), Encoding.Latin1);
        return reader.ReadToEnd();
    }

    /// <summary>Leaves as a program that crashes: the peer sees a reset.</summary>
    public static void Reset(this Socket socket)
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Dispose();
    }
}
