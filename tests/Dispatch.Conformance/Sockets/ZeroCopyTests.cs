using System.Net.Sockets;

namespace Dispatch.Conformance.Sockets;

/// <summary>Sends from the sender's own pages: asked for everywhere, made where the kernel can.</summary>
public sealed class ZeroCopyTests : KernelTests
{
    [Theory]
    [EveryKernel]
    public void Sends_without_a_copy_arrive_in_order_and_keep_their_memory_until_the_kernel_gives_it_back(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Any, body: async w =>
    {
        (Connection ours, Connection theirs) = await w.TcpConnections();
        ours.ZeroCopyThreshold = 1000;
        byte[] expected = World.Pattern(40_000, w.Seed);
        Task reading = ReadAsync();
        byte[] data = expected.ToArray();
        List<Task> sends = [];
        for (int i = 0; i < 20; i++)
        {
            // Large ones and small ones; the simulated kernel notices whoever gets memory back that it still has.
            sends.Add(SendAsync(i * 2000, 1900));
            sends.Add(SendAsync((i * 2000) + 1900, 100));
        }

        await Task.WhenAll(sends);
        await ours.ShutdownAsync();
        await reading;
        Assert.True(w.Seed != 0 || kernel != TestedKernel.IoUring || ours.ZeroCopyThreshold == 0); // Over loopback the kernel copies, and says so.
        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());

        async Task SendAsync(int at, int length)
        {
            await ours.SendAsync(data.AsMemory(at, length));
            data.AsSpan(at, length).Clear(); // Mine again.
        }

        async Task ReadAsync()
        {
            int at = 0;
            await foreach (BufferLease lease in theirs.ReceiveAllAsync())
            {
                Assert.True(lease.Span.SequenceEqual(expected.AsSpan(at, lease.Length)), $"at {at}");
                at += lease.Length;
            }

            Assert.Equal(expected.Length, at);
        }
    });

    [Theory]
    [EveryKernel]
    public void An_abort_a_close_or_a_cancel_at_any_point_ends_every_send_once(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Any, body: async w =>
    {
        for (int round = 0; round < w.Rounds(10); round++)
        {
            Random random = new(w.Seed + round);
            (Connection ours, Connection theirs) = await w.TcpConnections();
            ours.ZeroCopyThreshold = 1000;
            using CancellationTokenSource cancel = new();
            byte[] data = new byte[500_000];
            Task[] sends = [.. Enumerable.Range(0, 3).Select(_ => ours.SendAsync(data, cancel.Token).AsTask())]; // Nobody reads.
            await w.Turn(random.Next(4));
            if (random.Next(2) == 0)
            {
                Now(cancel);
            }

            ours.Abort();
            Task closing = Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());
            foreach (Task send in sends)
            {
                try
                {
                    await send;
                }
                catch (Exception e) when (e is SocketException or OperationCanceledException)
                {
                    // Which of them were out is the kernel's business.
                }
            }

            await closing;
            Array.Fill(data, (byte)1);
        }
    });

    private static void Now(CancellationTokenSource cancel) => cancel.Cancel(); // Here, and not on the thread pool, where no seed decides when.
}
