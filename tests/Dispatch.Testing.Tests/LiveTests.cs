using System.Net;

namespace Dispatch.Testing.Tests;

/// <summary>Loops that have threads of their own, on the simulated kernel: in real time.</summary>
public sealed class LiveTests
{
    [Fact]
    public async Task Loops_with_threads_of_their_own_talk_to_each_other()
    {
        SimulatedKernel kernel = SimulatedKernel.CreateLive();
        DispatcherOptions options = new() { LoopCount = 2 };
        kernel.Apply(options);
        await using (Dispatcher dispatcher = Dispatcher.Create(options))
        {
            await using Server server = dispatcher.Serve(new IPEndPoint(IPAddress.Loopback, 0), async (connection, token) =>
            {
                using BufferLease lease = await connection.ReceiveAsync(token);
                await connection.SendAsync(lease, token);
            });
            int port = ((IPEndPoint)server.LocalEndPoint).Port;
            for (int i = 0; i < 20; i++)
            {
                string answer = await dispatcher.RunAsync(async () =>
                {
                    Connection connection = await Connection.ConnectAsync("127.0.0.1", port);
                    await connection.SendAsync("live"u8.ToArray());
                    using BufferLease lease = await connection.ReceiveAsync();
                    string text = System.Text.Encoding.UTF8.GetString(lease.Span);
                    await connection.CloseAsync();
                    return text;
                });
                Assert.Equal("live", answer);
            }

            await dispatcher.RunAsync(async () => await EventLoop.Current!.DelayAsync(TimeSpan.FromMilliseconds(20)));
        }

        Assert.Equal(0, kernel.OpenDescriptors);
    }

    [Fact]
    public void A_loop_that_its_user_polls_runs_on_it()
    {
        SimulatedKernel kernel = SimulatedKernel.CreateLive();
        EventLoopOptions options = new();
        kernel.Apply(options);
        OnOwnThread(() =>
        {
            using EventLoop loop = EventLoop.Attach(options);
            loop.Submit(IoRequest.Nop(), 7);
            Completion completion;
            while (!loop.TryTake(out completion))
            {
            }

            Assert.Equal(7ul, completion.Tag);
            loop.Submit(IoRequest.Timeout(TimeSpan.FromMilliseconds(5)), 8);
            while (!loop.TryTake(out completion))
            {
                loop.Park();
            }

            Assert.Equal(-Errno.ETIME, completion.Result);
        });
    }

    private static void OnOwnThread(Action action)
    {
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        Assert.True(thread.Join(TimeSpan.FromSeconds(30)), "The thread does not end.");
        Assert.Null(failure);
    }
}
