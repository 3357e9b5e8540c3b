using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary>Every method of a connection from a thread that does not own it.</summary>
public sealed class ForeignThreadTests
{
    [Fact]
    public Task All_methods_of_a_connection_work_and_the_caller_resumes_where_it_was() => LoopHost.Beside(async loop =>
    {
        await using Listener listener = Listener.Listen(Pairs.Loopback, null, loop);
        Connection ours = await Connection.ConnectAsync(listener.LocalEndPoint!, loop);
        Connection theirs = await listener.AcceptAsync();
        Assert.False(loop.IsOwner);

        await ours.SendAsync("by array"u8.ToArray());
        Assert.False(loop.IsOwner);
        using (BufferLease lease = await theirs.ReceiveAsync())
        {
            Assert.False(loop.IsOwner);
            Assert.Equal("by array"u8.ToArray(), lease.ToArray());
            await theirs.SendAsync(lease);
        }

        byte[] back = new byte[100];
        Assert.Equal(8, await ours.ReceiveAsync(back));
        Assert.Equal("by array"u8.ToArray(), back[..8]);
        using CancellationTokenSource source = new();
        Task<BufferLease> pending = ours.ReceiveAsync(source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        await ours.ShutdownAsync();
        Assert.True((await theirs.ReceiveAsync()).IsEmpty);
        theirs.Abort();
        await theirs.CloseAsync();
        SocketException reset = await Assert.ThrowsAsync<SocketException>(async () => await ours.ReceiveAsync());
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        await ours.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await ours.ReceiveAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await ours.SendAsync("x"u8.ToArray()));
        await loop.InvokeAsync(() => Assert.Equal(0, loop.Engine.ReceiveBuffers.Leased));
    });

    [Fact]
    public Task Sends_of_one_thread_keep_their_order() => LoopHost.Beside(async loop =>
    {
        await using Listener listener = Listener.Listen(Pairs.Loopback, null, loop);
        Connection ours = await Connection.ConnectAsync(listener.LocalEndPoint!, loop);
        Connection theirs = await listener.AcceptAsync();
        Task<byte[]> received = loop.InvokeAsync(() => Receiving.ToEndAsync(theirs));
        Task[] sends = [.. Enumerable.Range(0, 5000).Select(i => ours.SendAsync(BitConverter.GetBytes(i)).AsTask())];
        await Task.WhenAll(sends);
        await ours.ShutdownAsync();

        Assert.Equal(Enumerable.Range(0, 5000).SelectMany(BitConverter.GetBytes), await received);
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public async Task Handles_outlive_their_loop_without_harm()
    {
        Connection ours = null!;
        Connection theirs = null!;
        Listener listener = null!;
        await LoopHost.OnLoop(loop =>
        {
            (ours, theirs) = Pairs.Local(loop);
            listener = Listener.Listen(Pairs.Loopback);
            return Task.CompletedTask;
        });

        await Assert.ThrowsAnyAsync<ObjectDisposedException>(async () => await ours.ReceiveAsync());
        await Assert.ThrowsAnyAsync<ObjectDisposedException>(async () => await ours.SendAsync("x"u8.ToArray()));
        await Assert.ThrowsAnyAsync<ObjectDisposedException>(async () => await listener.AcceptAsync());
        Assert.Throws<ObjectDisposedException>(() => ours.Received.Subscribe(new Recorder<BufferLease>()));
        ours.Abort();
        int before = Descriptors.CountSockets();
        await ours.CloseAsync();
        await ours.CloseAsync();
        await theirs.CloseAsync();
        await listener.CloseAsync();
        Assert.Equal(before - 3, Descriptors.CountSockets());
    }
}
