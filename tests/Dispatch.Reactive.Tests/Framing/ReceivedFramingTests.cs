using System.Net;
using System.Reactive.Linq;
using System.Text;
using Dispatch.Testing;

namespace Dispatch.Reactive.Tests;

/// <summary>Frames of what connections receive, on simulated machines under faults.</summary>
public sealed class ReceivedFramingTests
{
    private const int Seeds = 100;

    [Fact]
    public void Lines_of_a_connection_come_whole_whatever_the_kernel_does() => SimulatedKernel.RunMany(Seeds, async kernel =>
    {
        string[] sent = [.. Enumerable.Range(0, 60).Select(i => new string((char)('a' + (i % 26)), kernel.Random.Next(0, 200)))];
        Watcher<string> watcher = new();
        await TalkAsync(kernel, connection => connection.Received.TextLines(1000).Subscribe(watcher), watcher, Encoding.UTF8.GetBytes(string.Join('\n', sent) + "\n"));
        kernel.Check(watcher.Items.SequenceEqual(sent), "The lines differ.");
        kernel.Check(watcher.IsCompleted && watcher.Breaches.Count == 0, "The stream ended wrongly.");
    });

    [Fact]
    public void Frames_of_leases_that_were_kept_throw_and_copies_do_not() => SimulatedKernel.RunMany(Seeds, async kernel =>
    {
        byte[] sent = new byte[16 * 100];
        kernel.Random.NextBytes(sent);
        List<Frame> frames = [];
        Watcher<CopiedBytes> watcher = new();
        await TalkAsync(kernel, connection => connection.Received.Fixed(16).Do(frames.Add).Copied().Subscribe(watcher), watcher, sent);
        kernel.Check(watcher.Items.SelectMany(c => c.Span.ToArray()).SequenceEqual(sent), "The copies differ.");
        kernel.Check(frames.Count == 100, "Frames are missing.");
        Assert.All(frames, f => Assert.Throws<ObjectDisposedException>(() => f.Span.Length));
    });

    [Fact]
    public void Copies_can_be_shifted_in_time() => SimulatedKernel.RunMany(Seeds, async kernel =>
    {
        byte[] sent = new byte[5000];
        kernel.Random.NextBytes(sent);
        Watcher<CopiedBytes> watcher = new();
        await TalkAsync(kernel, connection => connection.Received.Copied().Delay(TimeSpan.FromSeconds(1), connection.Loop.AsScheduler()).Subscribe(watcher), watcher, sent);
        kernel.Check(watcher.Items.SelectMany(c => c.Span.ToArray()).SequenceEqual(sent), "The copies differ.");
        kernel.Check(kernel.Elapsed >= TimeSpan.FromSeconds(1), "They came before their time.");
    });

    private static async Task TalkAsync<T>(SimulatedKernel kernel, Func<Connection, IDisposable> subscribe, Watcher<T> watcher, byte[] sent)
    {
        Dispatcher dispatcher = kernel.CreateDispatcher();
        Server server = dispatcher.Serve(new IPEndPoint(IPAddress.Loopback, 7000), async (connection, token) =>
        {
            using IDisposable subscription = subscribe(connection);
            while (!watcher.HasEnded)
            {
                await connection.Loop.DelayAsync(TimeSpan.FromMilliseconds(1), token);
            }
        });
        SimulatedPeer peer = await kernel.ConnectAsync(7000);
        for (int position = 0; position < sent.Length;)
        {
            int count = Math.Min(sent.Length - position, kernel.Random.Next(1, 2000));
            await peer.SendAsync(sent.AsMemory(position, count));
            position += count;
        }

        peer.Close();
        while (!watcher.HasEnded)
        {
            await kernel.DelayAsync(TimeSpan.FromMilliseconds(1));
        }

        await server.DisposeAsync();
    }
}
