namespace Dispatch.Conformance.Sockets;

/// <summary>Sends of several blocks.</summary>
public sealed class GatherTests : KernelTests
{
    [Theory]
    [EveryKernel]
    public void A_sequence_of_many_blocks_arrives_whole_and_in_order_with_other_sends(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Any, body: async w =>
    {
        (Connection ours, Connection theirs) = w.Connections();
        byte[] data = World.Pattern(60_000, w.Seed);
        int third = data.Length / 3;
        Task[] sends =
        [
            ours.SendAsync(Blocks.Of(data.AsMemory(0, third), i => 1 + ((i * 37) % 400))).AsTask(), // More blocks than go with one call.
            ours.SendAsync(data.AsMemory(third, third)).AsTask(),
            ours.SendAsync(Blocks.Of(data.AsMemory(2 * third), i => i % 3 == 0 ? 0 : 5000)).AsTask(), // Some of them empty.
        ];
        Task shutdown = ours.ShutdownAsync().AsTask();
        List<byte> got = [];
        await foreach (BufferLease lease in theirs.ReceiveAllAsync())
        {
            got.AddRange(lease.Span);
            await w.Turn();
        }

        await Task.WhenAll([.. sends, shutdown]);
        Assert.True(data.AsSpan().SequenceEqual(got.ToArray()));
        Assert.Equal(0, w.Loop.Engine.ReceiveBuffers.Leased);
        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());
    });

    [Theory]
    [EveryKernel]
    public void A_cancelled_gathering_send_breaks_the_connection_for_later_ones_and_gives_its_memory_back(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Any, body: async w =>
    {
        (Connection ours, Connection theirs) = w.Connections();
        using CancellationTokenSource cancel = new();
        byte[] data = World.Pattern(8_000_000, w.Seed); // More than the socket takes.
        Task send = ours.SendAsync(Blocks.Of(data, _ => 100_000), cancel.Token).AsTask();
        Task waiting = ours.SendAsync("later"u8.ToArray()).AsTask();
        await w.Turn(3);
        Now(cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => send);
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => waiting);
        Array.Clear(data); // It is the test's own again; the simulated kernel would notice a loan.
        await Task.WhenAll(ours.CloseAsync(), theirs.CloseAsync());
    });

    private static void Now(CancellationTokenSource cancel) => cancel.Cancel(); // Here, and not on the thread pool, where no seed decides when.
}
