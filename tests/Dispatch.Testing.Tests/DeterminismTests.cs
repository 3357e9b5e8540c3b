using System.Net;

namespace Dispatch.Testing.Tests;

/// <summary>The same seed does the same again.</summary>
public sealed class DeterminismTests
{
    [Fact]
    public void The_same_seeds_have_the_same_trace()
    {
        SimulationOptions options = new() { Faults = FaultPlan.Busy };
        long first = SimulatedKernel.RunMany(50, BusyServerAsync, options).TraceHash;
        GC.Collect();
        long second = SimulatedKernel.RunMany(50, BusyServerAsync, options).TraceHash;
        Assert.Equal(first, second);
    }

    [Fact]
    public void Different_seeds_have_different_traces()
    {
        HashSet<long> hashes = [];
        for (int seed = 1; seed <= 50; seed++)
        {
            hashes.Add(SimulatedKernel.Run(seed, BusyServerAsync).TraceHash);
        }

        Assert.Equal(50, hashes.Count);
    }

    [Fact]
    public void The_trace_of_a_seed_is_the_same_to_the_byte()
    {
        string first = Trace(3);
        string second = Trace(3);
        Assert.Equal(first, second);
        Assert.NotEqual(first, Trace(4));
    }

    [Fact]
    public void Every_kind_of_a_busy_systems_faults_happens()
    {
        SimulationReport report = SimulatedKernel.RunMany(300, BusyServerAsync);
        foreach (FaultKind kind in Enum.GetValues<FaultKind>().Where(k => FaultPlan.Busy[k] > 0))
        {
            Assert.True(report.Faults[kind] > 0, $"{kind} never happened.");
        }
    }

    private static string Trace(int seed)
    {
        SimulationException e = Assert.Throws<SimulationException>(() => SimulatedKernel.Run(
            seed,
            async kernel =>
            {
                await BusyServerAsync(kernel);
                kernel.Check(false, "To see the trace.");
            },
            new SimulationOptions { TraceLength = 100_000, ShrinkRuns = 0 }));
        return e.Trace;
    }

    private static async Task BusyServerAsync(SimulatedKernel kernel)
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
        Task[] clients = new Task[4];
        for (int i = 0; i < clients.Length; i++)
        {
            clients[i] = ClientAsync(kernel, i);
        }

        await Task.WhenAll(clients);
        await dispatcher.Loops[0].InvokeAsync(async () =>
        {
            using CancellationTokenSource source = new();
            ValueTask<int> waits = dispatcher.Loops[0].ExecuteAsync(IoRequest.Timeout(TimeSpan.FromHours(1)), source.Token);
            await dispatcher.Loops[0].DelayAsync(TimeSpan.FromMilliseconds(1));
            source.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waits);
        });
        await dispatcher.Loops[1].InvokeAsync(() => CancelInTimeOrNotAsync(kernel, dispatcher.Loops[1]));
        await dispatcher.Loops[1].InvokeAsync(() => MissACancelAsync(kernel, dispatcher.Loops[1]));
        await dispatcher.Loops[1].InvokeAsync(() => ReadCachedAsync(kernel));
        await server.DisposeAsync();
    }

    private static async Task ReadCachedAsync(SimulatedKernel kernel)
    {
        byte[] content = [.. Enumerable.Range(0, 10_000).Select(i => (byte)i)];
        kernel.Disk.WriteFile("/tmp/cached", content);
        await using DispatchFile file = await DispatchFile.OpenAsync("/tmp/cached");
        byte[] read = new byte[content.Length];
        Assert.False(file.TryReadCached(read, 0, out _)); // Nobody has read it yet.
        await file.ReadaheadAsync(0, content.Length);
        for (int done = 0; done < content.Length;)
        {
            if (!file.TryReadCached(read.AsSpan(done), done, out int count))
            {
                count = await file.ReadAsync(read.AsMemory(done), done);
            }

            done += count;
        }

        Assert.Equal(content, read);
    }

    private static async Task MissACancelAsync(SimulatedKernel kernel, EventLoop loop)
    {
        int counter = kernel.CreateEventCounter();
        byte[] one = [1, 0, 0, 0, 0, 0, 0, 0];
        loop.Submit(IoRequest.PollMultishot(counter, PollEvents.Readable), 5);
        await loop.ExecuteAsync(IoRequest.Nop());
        ValueTask<int> write = loop.ExecuteAsync(IoRequest.Write(counter, one, 0));
        bool ended = false;
        while (!ended)
        {
            loop.Cancel(5);
            await loop.DelayAsync(TimeSpan.FromMicroseconds(100));
            while (loop.TryTake(out Completion completion))
            {
                ended = (completion.Flags & CompletionFlags.More) == 0;
            }
        }

        Assert.Equal(8, await write);
        kernel.Close(counter);
    }

    private static async Task CancelInTimeOrNotAsync(SimulatedKernel kernel, EventLoop loop)
    {
        (int reader, int writer) = kernel.CreatePipe();
        for (int i = 0; i < 5; i++)
        {
            using CancellationTokenSource source = new();
            byte[] buffer = new byte[1];
            ValueTask<Completion> read = loop.CompleteAsync(IoRequest.Read(reader, buffer, 0), source.Token);
            ValueTask<int> write = loop.ExecuteAsync(IoRequest.Write(writer, new byte[] { 7 }, 0));
            source.Cancel();
            Completion completion = await read;
            Assert.Equal(1, await write);
            if (completion.Result == 1)
            {
                Assert.Equal(7, buffer[0]);
            }
            else
            {
                // Cancelled: the byte is still there for the next.
                Assert.Equal(-Errno.ECANCELED, completion.Result);
                Assert.Equal(1, await loop.ExecuteAsync(IoRequest.Read(reader, buffer, 0)));
            }
        }

        kernel.Close(reader);
        kernel.Close(writer);
    }

    private static async Task ClientAsync(SimulatedKernel kernel, int number)
    {
        await kernel.DelayAsync(TimeSpan.FromMicroseconds(kernel.Random.Next(500)));
        SimulatedPeer peer = await kernel.ConnectAsync(7000);
        byte[] message = new byte[200 + (number * 50)];
        kernel.Random.NextBytes(message);
        await peer.SendAsync(message);
        Assert.Equal(message, await peer.ReceiveAsync(message.Length));
        peer.FinishSending();
        Assert.Empty(await peer.ReceiveToEndAsync());
        peer.Close();
    }
}
