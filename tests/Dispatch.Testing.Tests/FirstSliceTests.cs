using System.Net;

namespace Dispatch.Testing.Tests;

/// <summary>The least that a simulated machine does.</summary>
public sealed class FirstSliceTests
{
    [Fact]
    public void A_nop_completes()
    {
        SimulationReport report = SimulatedKernel.Run(1, async kernel =>
        {
            EventLoop loop = kernel.CreateLoop();
            int result = await loop.InvokeAsync(async () => await loop.ExecuteAsync(IoRequest.Nop()));
            Assert.Equal(0, result);
        });
        Assert.True(report.Steps > 0);
    }

    [Fact]
    public void A_file_is_read()
    {
        SimulatedKernel.Run(1, async kernel =>
        {
            kernel.Disk.WriteFile("/tmp/hello", "hello, disk"u8);
            EventLoop loop = kernel.CreateLoop();
            await loop.InvokeAsync(async () =>
            {
                await using DispatchFile file = await DispatchFile.OpenAsync("/tmp/hello");
                byte[] bytes = new byte[32];
                int have = 0;
                int read;
                while ((read = await file.ReadAsync(bytes.AsMemory(have), have)) != 0)
                {
                    have += read;
                }

                Assert.Equal("hello, disk"u8.ToArray(), bytes[..have]);
            });
        });
    }

    [Fact]
    public void A_server_echoes()
    {
        SimulationReport report = SimulatedKernel.RunMany(200, EchoAsync);
        Assert.Equal(200, report.Seeds);
    }

    private static async Task EchoAsync(SimulatedKernel kernel)
    {
        Dispatcher dispatcher = kernel.CreateDispatcher(2);
        Server server = dispatcher.Serve(new IPEndPoint(IPAddress.Loopback, 7000), async (connection, token) =>
        {
            while (true)
            {
                using BufferLease lease = await connection.ReceiveAsync(token);
                if (lease.IsEmpty)
                {
                    return;
                }

                await connection.SendAsync(lease, token);
            }
        });
        byte[] message = new byte[1000];
        kernel.Random.NextBytes(message);
        SimulatedPeer peer = await kernel.ConnectAsync(7000);
        await peer.SendAsync(message);
        Assert.Equal(message, await peer.ReceiveAsync(message.Length));
        peer.FinishSending();
        Assert.Empty(await peer.ReceiveToEndAsync());
        peer.Close();
        await server.DisposeAsync();
    }
}
