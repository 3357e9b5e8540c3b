using System.Net;
using System.Net.Sockets;

namespace Dispatch.Examples.Tests;

/// <summary>The echo server in each of its modes.</summary>
public sealed class EchoTests
{
    private const int Timeout = 30_000;

    [Theory]
    [InlineData("await", "park", 256)]
    [InlineData("await", "park", 1)]
    [InlineData("await", "yield", 256)]
    [InlineData("observe", "park", 256)]
    [InlineData("observe", "park", 1)]
    [InlineData("pipe", "park", 256)]
    [InlineData("pipe", "park", 1)]
    [InlineData("stream", "park", 256)]
    [InlineData("stream", "park", 1)]
    [InlineData("poll", "park", 256)]
    [InlineData("poll", "park", 1)]
    [InlineData("poll", "yield", 256)]
    public void Every_byte_comes_back_in_order_and_a_signal_ends_it_with_0(string mode, string idle, int buffers)
    {
        using ExampleProcess echo = ExampleProcess.Start("Echo", "--port", "0", "--mode", mode, "--idle", idle, "--loops", "2", "--buffers", $"{buffers}", "--json");
        IPEndPoint endPoint = EndPointOf(echo.NextLine);

        byte[][] received = new byte[8][];
        Thread[] clients = [.. received.Select((_, number) => new Thread(() => received[number] = EchoAndFinish(endPoint, Noise(number))))];
        Array.ForEach(clients, client => client.Start());
        Array.ForEach(clients, client => client.Join());
        using Socket open = Connect(endPoint); // A connection that says nothing does not hold up the end.
        echo.Terminate();
        ExampleResult result = echo.WaitForEnd();

        for (int i = 0; i < received.Length; i++)
        {
            Assert.Equal(Noise(i), received[i]);
        }

        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Error);
        Assert.Equal(mode, result.Json.GetProperty("mode").GetString());
        Assert.Equal(2, result.Json.GetProperty("loops").GetArrayLength());
        Assert.Equal(0, open.Receive(new byte[1]));
    }

    [Theory]
    [InlineData("await")]
    [InlineData("observe")]
    [InlineData("pipe")]
    [InlineData("stream")]
    [InlineData("poll")]
    public void A_peer_that_resets_hurts_no_other(string mode)
    {
        using ExampleProcess echo = ExampleProcess.Start("Echo", "--port", "0", "--mode", mode, "--loops", "1");
        IPEndPoint endPoint = EndPointOf(echo.NextLine);
        using Socket other = Connect(endPoint);
        for (int i = 0; i < 50; i++)
        {
            using Socket resetting = Connect(endPoint);
            resetting.LingerState = new LingerOption(enable: true, seconds: 0);
            resetting.Send(Noise(i).AsSpan(0, 1000));
        }

        other.Send("still here"u8);
        byte[] answer = new byte[10];
        Assert.Equal(answer.Length, Fill(other, answer));
        Assert.Equal("still here"u8.ToArray(), answer);
        echo.Terminate();
        Assert.Equal(0, echo.WaitForEnd().ExitCode);
    }

    [Theory]
    [InlineData("await")]
    [InlineData("poll")]
    public void An_address_in_use_is_one_line_that_says_what_to_do(string mode)
    {
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        ExampleResult result = ExampleProcess.Run("Echo", "--mode", mode, "--port", $"{((IPEndPoint)taken.LocalEndPoint!).Port}");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("EADDRINUSE", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    private static byte[] Noise(int seed)
    {
        byte[] noise = new byte[300_000 + seed];
        new Random(seed).NextBytes(noise);
        return noise;
    }

    private static byte[] EchoAndFinish(IPEndPoint endPoint, byte[] message)
    {
        using Socket socket = Connect(endPoint);
        Thread sending = new(() =>
        {
            for (int sent = 0; sent < message.Length;)
            {
                sent += socket.Send(message.AsSpan(sent));
            }

            socket.Shutdown(SocketShutdown.Send);
        });
        sending.Start();
        byte[] received = new byte[message.Length + 1]; // One byte more than there should be.
        int count = Fill(socket, received);
        sending.Join();
        return received[..count];
    }

    private static int Fill(Socket socket, byte[] buffer)
    {
        int count = 0;
        while (count < buffer.Length && socket.Receive(buffer, count, buffer.Length - count, SocketFlags.None) is int more and > 0)
        {
            count += more;
        }

        return count;
    }

    private static Socket Connect(IPEndPoint endPoint)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = Timeout, SendTimeout = Timeout };
        socket.Connect(endPoint);
        return socket;
    }

    private static IPEndPoint EndPointOf(string? line)
    {
        const string Start = "listening on ";
        Assert.StartsWith(Start, line, StringComparison.Ordinal);
        return IPEndPoint.Parse(line![Start.Length..]);
    }
}
