using System.Net.Security;
using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary>Connections as streams: off the loop too, and under TLS.</summary>
public sealed class ConnectionStreamTests
{
    [Fact]
    public Task Synchronous_calls_work_off_the_loop_in_all_overloads() => LoopHost.Beside(async loop =>
    {
        (Connection ours, Socket theirs) = await loop.InvokeAsync(() => Pairs.TcpAsync(loop));
        using (theirs)
        using (ConnectionStream stream = ours.AsStream())
        {
            stream.Write("one"u8);
            stream.Write("-two-"u8.ToArray(), 1, 3);
            stream.Flush();
            byte[] got = new byte[6];
            for (int at = 0; at < 6;)
            {
                at += theirs.Receive(got.AsSpan(at));
            }

            Assert.Equal("onetwo"u8, got);
            theirs.Send("abcdef"u8);
            byte[] all = new byte[6];
            Assert.Equal(0, stream.Read([], 0, 0));
            stream.ReadExactly(all.AsSpan(0, 3));
            stream.ReadExactly(all, 3, 3);
            Assert.Equal("abcdef"u8, all);
            Assert.Throws<NotSupportedException>(() => stream.Seek(0, SeekOrigin.Begin));
        }
    });

    [Fact]
    public Task A_synchronous_call_on_the_loop_is_refused_with_what_to_do() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Connection theirs) = Pairs.Local(loop);
        ConnectionStream stream = ours.AsStream(leaveOpen: true);
        foreach (Action call in new Action[] { () => stream.ReadByte(), () => stream.ReadExactly(new byte[1], 0, 1), () => stream.WriteByte(1), () => stream.Write(new byte[1], 0, 1) })
        {
            Assert.Contains("Async method", Assert.Throws<InvalidOperationException>(call).Message, StringComparison.Ordinal);
        }

        await stream.DisposeAsync();
        Assert.False(ours.IsClosed);
        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());
    });

    [Fact]
    public Task A_read_that_takes_too_long_ends_with_TimedOut_and_loses_nothing() => LoopHost.Beside(async loop =>
    {
        (Connection ours, Socket theirs) = await loop.InvokeAsync(() => Pairs.TcpAsync(loop));
        using (theirs)
        await using (ConnectionStream stream = ours.AsStream())
        {
            stream.ReadTimeout = 1;
            IOException late = Assert.Throws<IOException>(() => stream.ReadByte());
            Assert.Equal(SocketError.TimedOut, Assert.IsType<SocketException>(late.InnerException).SocketErrorCode);
            theirs.Send("x"u8);
            stream.ReadTimeout = 60_000;
            Assert.Equal('x', stream.ReadByte());
            Assert.Throws<ArgumentOutOfRangeException>(() => stream.WriteTimeout = 0);
            stream.WriteTimeout = 1;
            Assert.Throws<IOException>(() => stream.Write(new byte[64_000_000], 0, 64_000_000));
        }
    });

    [Fact]
    public Task A_reset_is_an_IOException_around_the_sockets_error() => LoopHost.OnLoop(async loop =>
    {
        (Connection ours, Socket theirs) = await Pairs.TcpAsync(loop);
        await using ConnectionStream stream = ours.AsStream();
        Task<int> reading = stream.ReadAsync(new byte[1]).AsTask();
        theirs.LingerState = new LingerOption(true, 0);
        theirs.Dispose();
        IOException broken = await Assert.ThrowsAsync<IOException>(() => reading);
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(broken.InnerException).SocketErrorCode);
        Assert.IsType<SocketException>((await Assert.ThrowsAsync<IOException>(() => stream.WriteAsync(new byte[1]).AsTask())).InnerException);
    });

    [Fact]
    public Task Tls_runs_on_top_of_it_on_the_loop() => LoopHost.OnLoop(async loop =>
    {
        using var certificate = Certificates.SelfSigned();
        (Connection first, Connection second) = Pairs.Tcp(loop);
        await using SslStream server = new(first.AsStream());
        await using SslStream client = new(second.AsStream(), leaveInnerStreamOpen: false, (_, presented, _, _) => presented!.GetCertHashString() == certificate.Thumbprint);
        await Task.WhenAll(
            server.AuthenticateAsServerAsync(certificate),
            client.AuthenticateAsClientAsync("localhost"));
        byte[] data = new byte[200_000];
        Random.Shared.NextBytes(data);
        byte[] got = new byte[data.Length];
        Task writing = WriteAsync();
        await server.ReadExactlyAsync(got);
        await writing;
        Assert.True(data.AsSpan().SequenceEqual(got));
        Assert.True(loop.IsOwner);
        Assert.Equal(0, await server.ReadAsync(got)); // TLS's own end of the stream.

        async Task WriteAsync()
        {
            await client.WriteAsync(data);
            await client.ShutdownAsync();
        }
    });
}
