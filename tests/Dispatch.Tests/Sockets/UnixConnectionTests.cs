using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dispatch.Tests;

/// <summary>Unix-domain connections: who the peer is, and descriptors that travel.</summary>
public sealed class UnixConnectionTests
{
    [Fact]
    public void The_kernel_tells_who_the_peer_is() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        await using Listener listener = Listener.Listen(new UnixDomainSocketEndPoint(folder["s"]), loop: loop);
        await using Connection client = await Connection.ConnectAsync(listener.LocalEndPoint!, loop);
        await using Connection server = await listener.AcceptAsync();
        PeerCredentials peer = server.GetPeerCredentials();
        Assert.Equal(Environment.ProcessId, peer.ProcessId);
        Assert.Equal(client.GetPeerCredentials(), peer);
        Assert.Equal(Environment.IsPrivilegedProcess, peer.UserId == 0);
    });

    [Fact]
    public void An_abstract_name_needs_no_file() => OnLoop.Run(async loop =>
    {
        string name = $"\0dispatch-{Environment.ProcessId}-{Guid.NewGuid():N}";
        await using Listener listener = Listener.Listen(new UnixDomainSocketEndPoint(name), loop: loop);
        await using Connection client = await Connection.ConnectAsync(new UnixDomainSocketEndPoint(name), loop);
        await using Connection server = await listener.AcceptAsync();
        await client.SendAsync("hello"u8.ToArray());
        using BufferLease got = await server.ReceiveAsync();
        Assert.Equal("hello"u8.ToArray(), got.ToArray());
    });

    [Fact]
    public void Descriptors_travel_with_data_in_order_with_the_sends_before() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllText(folder["one"], "first");
        File.WriteAllText(folder["two"], "second");
        (Connection ours, Connection theirs) = Pairs.Local(loop);
        using SafeFileHandle one = File.OpenHandle(folder["one"]);
        using SafeFileHandle two = File.OpenHandle(folder["two"]);
        ValueTask before = ours.SendAsync("before"u8.ToArray());
        await ours.SendDescriptorsAsync("two files"u8.ToArray(), [one, two]);
        await before;
        await ours.ShutdownAsync();

        byte[] buffer = new byte[100];
        ReceivedDescriptors got = await theirs.ReceiveDescriptorsAsync(buffer.AsMemory(0, 6));
        Assert.Equal("before"u8.ToArray(), buffer[..got.Count]);
        Assert.Empty(got.Handles);
        got = await theirs.ReceiveDescriptorsAsync(buffer);
        Assert.Equal("two files"u8.ToArray(), buffer[..got.Count]);
        Assert.False(got.IsTruncated);
        Assert.Equal(["first", "second"], got.Handles.Select(TextOf));
        Assert.All(got.Handles, h => Assert.Equal(1, Fcntl((int)h.DangerousGetHandle(), 1))); // F_GETFD: close-on-exec.
        Assert.All(got.Handles, h => h.Dispose());
        Assert.Equal(0, (await theirs.ReceiveDescriptorsAsync(buffer)).Count);
        Assert.Equal(1, OpenDescriptors.CountOf(folder["one"]));
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public void What_has_no_room_is_closed_and_said() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllText(folder["f"], "f");
        (Connection ours, Connection theirs) = Pairs.Local(loop);
        using SafeFileHandle file = File.OpenHandle(folder["f"]);
        await ours.SendDescriptorsAsync(new byte[1], [.. Enumerable.Repeat((SafeHandle)file, 20)]);
        ReceivedDescriptors got = await theirs.ReceiveDescriptorsAsync(new byte[10], maxDescriptors: 3);
        Assert.True(got.IsTruncated);
        Assert.InRange(got.Handles.Count, 3, 4); // The room is rounded up.
        Assert.Equal(1 + got.Handles.Count, OpenDescriptors.CountOf(folder["f"]));
        Assert.All(got.Handles, h => h.Dispose());

        // Received in another way they are gone, and nothing leaks.
        await ours.SendDescriptorsAsync(new byte[1], [file]);
        using (BufferLease lease = await theirs.ReceiveAsync())
        {
            Assert.Equal(1, lease.Length);
        }

        Assert.Equal(1, OpenDescriptors.CountOf(folder["f"]));
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public void A_cancelled_receive_leaves_the_descriptors_for_the_next() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllText(folder["f"], "f");
        (Connection ours, Connection theirs) = Pairs.Local(loop);
        using SafeFileHandle file = File.OpenHandle(folder["f"]);
        using CancellationTokenSource source = new();
        Task<ReceivedDescriptors> waiting = theirs.ReceiveDescriptorsAsync(new byte[10], cancellationToken: source.Token);
        await loop.DelayAsync(TimeSpan.FromMilliseconds(1));
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await ours.SendDescriptorsAsync(new byte[1], [file]);
        ReceivedDescriptors got = await theirs.ReceiveDescriptorsAsync(new byte[10]);
        Assert.Equal("f", TextOf(Assert.Single(got.Handles)));
        got.Handles[0].Dispose();
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public Task Another_thread_may_send_and_receive_them() => LoopHost.Beside(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllText(folder["f"], "f");
        (Connection ours, Connection theirs) = Pairs.Local(loop);
        using SafeFileHandle file = File.OpenHandle(folder["f"]);
        await ours.SendDescriptorsAsync(new byte[1], [file]);
        ReceivedDescriptors got = await theirs.ReceiveDescriptorsAsync(new byte[10]);
        Assert.Equal("f", TextOf(Assert.Single(got.Handles)));
        got.Handles[0].Dispose();
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [Fact]
    public void Bad_input_is_refused_and_nothing_is_sent() => OnLoop.Run(async loop =>
    {
        await using Listener listener = Listener.Listen(new IPEndPoint(IPAddress.Loopback, 0), loop: loop);
        await using Connection tcp = await Connection.ConnectAsync(listener.LocalEndPoint!, loop);
        Assert.Throws<NotSupportedException>(() => tcp.GetPeerCredentials());
        Assert.Throws<NotSupportedException>(() => { _ = tcp.SendDescriptorsAsync(new byte[1], []); });
        Assert.Throws<NotSupportedException>(() => { _ = tcp.ReceiveDescriptorsAsync(new byte[1]); });

        (Connection ours, Connection theirs) = Pairs.Local(loop);
        using SafeFileHandle closed = File.OpenHandle("/dev/null");
        using SafeFileHandle open = File.OpenHandle("/dev/null");
        closed.Dispose();
        Assert.Throws<ArgumentException>("data", () => { _ = ours.SendDescriptorsAsync(default, [open]); });
        Assert.Throws<ArgumentException>("handles", () => { _ = ours.SendDescriptorsAsync(new byte[1], []); });
        Assert.Throws<ArgumentException>("handles", () => { _ = ours.SendDescriptorsAsync(new byte[1], [.. Enumerable.Repeat((SafeHandle)open, 254)]); });
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await ours.SendDescriptorsAsync(new byte[1], [open, closed]));
        open.Dispose();
        Assert.True(open.IsClosed);
        Assert.Throws<ArgumentException>("destination", () => { _ = theirs.ReceiveDescriptorsAsync(default); });
        ValueTask<BufferLease> receiving = theirs.ReceiveAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => theirs.ReceiveDescriptorsAsync(new byte[1]));
        await ours.SendAsync("x"u8.ToArray());
        using BufferLease got = await receiving;
        Assert.Equal(1, got.Length);
        await ours.CloseAsync();
        await theirs.CloseAsync();
    });

    [DllImport("libc", EntryPoint = "fcntl")]
    private static extern int Fcntl(int descriptor, int command);

    private static string TextOf(SafeFileHandle handle)
    {
        byte[] bytes = new byte[100];
        return System.Text.Encoding.ASCII.GetString(bytes, 0, RandomAccess.Read(handle, bytes, 0));
    }
}
