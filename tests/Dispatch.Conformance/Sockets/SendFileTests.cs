using System.Net.Sockets;

namespace Dispatch.Conformance.Sockets;

/// <summary>Files that go to sockets without passing through the process.</summary>
public sealed class SendFileTests : KernelTests
{
    [Theory]
    [EveryKernel]
    public void A_part_of_a_file_arrives_in_order_between_other_sends_to_a_slow_reader_too(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Any, body: async w =>
    {
        byte[] content = World.Pattern(400_000, w.Seed); // More than a socket takes.
        string path = await w.File("content", content);
        DispatchFile file = await DispatchFile.OpenAsync(path);
        (Connection ours, Connection theirs) = w.Connections();
        Task before = ours.SendAsync("before"u8.ToArray()).AsTask();
        Task<long> part = ours.SendFileAsync(file, 1000, 300_000).AsTask();
        Task<long> rest = ours.SendFileAsync(file, 399_990).AsTask();
        Task after = ours.SendAsync("after"u8.ToArray()).AsTask();
        Task shutdown = ours.ShutdownAsync().AsTask();
        List<byte> got = [];
        await foreach (BufferLease lease in theirs.ReceiveAllAsync())
        {
            got.AddRange(lease.Span);
            await w.Turn();
        }

        await Task.WhenAll(before, after, shutdown);
        Assert.Equal((300_000, 10), (await part, await rest));
        Assert.True(got.ToArray().AsSpan().SequenceEqual([.. "before"u8, .. content.AsSpan(1000, 300_000), .. content.AsSpan(399_990), .. "after"u8]));
        await Task.WhenAll(file.CloseAsync(), ours.CloseAsync(), theirs.CloseAsync());
    });

    [Theory]
    [EveryKernel]
    public void A_file_that_is_too_short_says_how_much_was_sent_and_breaks_the_connection_for_later_sends(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Any, body: async w =>
    {
        string path = await w.File("short", World.Pattern(500, w.Seed));
        DispatchFile file = await DispatchFile.OpenAsync(path);
        (Connection ours, Connection theirs) = w.Connections();
        EndOfStreamException ended = await Assert.ThrowsAsync<EndOfStreamException>(() => ours.SendFileAsync(file, 100, 1000).AsTask());
        Assert.Contains("400 of 1000", ended.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SocketException>(() => ours.SendAsync("later"u8.ToArray()).AsTask());
        await Task.WhenAll(file.CloseAsync(), ours.CloseAsync(), theirs.CloseAsync());
    });

    [Theory]
    [EveryKernel]
    public void A_cancelled_or_aborted_file_send_ends_and_lets_its_file_go(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Any, body: async w =>
    {
        string path = await w.File("large", World.Pattern(3_000_000, 1));
        for (int round = 0; round < w.Rounds(10); round++)
        {
            Random random = new(w.Seed + round);
            DispatchFile file = await DispatchFile.OpenAsync(path);
            (Connection ours, Connection theirs) = w.Connections(); // Nobody reads.
            using CancellationTokenSource cancel = new();
            Task<long> send = ours.SendFileAsync(file, cancellationToken: cancel.Token).AsTask();
            await w.Turn(random.Next(6));
            Task closing = file.CloseAsync(); // Waits for the send.
            if (random.Next(2) == 0)
            {
                Now(cancel);
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => send);
            }
            else
            {
                ours.Abort();
                await Assert.ThrowsAsync<SocketException>(() => send);
            }

            await Task.WhenAll(closing, ours.CloseAsync(), theirs.CloseAsync());
        }
    });

    private static void Now(CancellationTokenSource cancel) => cancel.Cancel(); // Here, and not on the thread pool, where no seed decides when.
}
