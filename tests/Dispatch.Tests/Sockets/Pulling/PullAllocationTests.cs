using System.IO.Pipelines;

namespace Dispatch.Tests;

/// <summary>Pipes, streams and sequences allocate nothing a message.</summary>
public sealed class PullAllocationTests
{
    private const int RoundTrips = 200_000;
    private const int Most = 4096; // The state machines of a test, once; less than a byte in fifty round trips.

    [Fact]
    public Task A_pipe_allocates_nothing_a_message() => LoopHost.OnLoop(loop => MeasureAsync(loop, async connection =>
    {
        while (true)
        {
            ReadResult read = await connection.Input.ReadAsync();
            if (read.IsCompleted)
            {
                return;
            }

            foreach (ReadOnlyMemory<byte> block in read.Buffer)
            {
                Copy(block, connection.Output);
            }

            connection.Input.AdvanceTo(read.Buffer.End);
            await connection.Output.FlushAsync();
        }
    }));

    [Fact]
    public Task A_stream_allocates_nothing_a_message() => LoopHost.OnLoop(loop => MeasureAsync(loop, async connection =>
    {
        await using ConnectionStream stream = connection.AsStream();
        byte[] buffer = new byte[4096];
        int count;
        while ((count = await stream.ReadAsync(buffer.AsMemory())) != 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count));
        }
    }));

    [Fact]
    public Task A_sequence_of_leases_allocates_nothing_a_message() => LoopHost.OnLoop(loop => MeasureAsync(loop, async connection =>
    {
        await foreach (BufferLease lease in connection.ReceiveAllAsync())
        {
            await connection.SendAsync(lease);
        }
    }));

    private static void Copy(ReadOnlyMemory<byte> block, PipeWriter output)
    {
        block.Span.CopyTo(output.GetSpan(block.Length));
        output.Advance(block.Length);
    }

    private static async Task MeasureAsync(EventLoop loop, Func<Connection, Task> echo)
    {
        (Connection client, Connection server) = Pairs.Local(loop);
        Task serving = echo(server);
        byte[] message = new byte[64];
        await PingAsync(client, message, 2000); // Fills the pools, and lets the compiler finish.
        long before = GC.GetAllocatedBytesForCurrentThread();
        await PingAsync(client, message, RoundTrips);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Most);
        await client.ShutdownAsync();
        await serving;
        await client.CloseAsync();
        await server.CloseAsync();
    }

    private static async Task PingAsync(Connection connection, byte[] message, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await connection.SendAsync(message);
            for (int got = 0; got < message.Length;)
            {
                using BufferLease lease = await connection.ReceiveAsync();
                got += lease.Length;
            }
        }
    }
}
