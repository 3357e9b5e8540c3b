namespace Dispatch.Tests.Buffers;

/// <summary>Who forgets a lease is named.</summary>
public sealed class HeldLeaseTests
{
    [Fact]
    public void A_forgotten_lease_is_named_with_where_it_was_taken_when_the_loop_ends()
    {
        List<LeaseReport> reports = [];
        EventLoopOptions options = Options(reports);
        OnLoop.Run(
            async loop =>
            {
                (Connection first, Connection second) = Pairs.Tcp(loop);
                await second.SendAsync(new byte[3]);
                await ForgetAsync(first);
                await second.SendAsync(new byte[4]);
                (await first.ReceiveAsync()).Dispose();
                await second.SendAsync(new byte[5]);
                await RetainAsync(first);
                await first.CloseAsync();
                await second.CloseAsync();
            },
            options);
        LeaseReport report = Assert.Single(reports);
        Assert.True(report.LoopEnds);
        Assert.Equal([(false, 3), (true, 5)], report.Held.Select(h => (h.IsRetained, h.Bytes)));
        Assert.Contains(nameof(ForgetAsync), report.Held[0].ToString(), StringComparison.Ordinal);
        Assert.Contains(nameof(RetainAsync), report.Held[1].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Those_who_hold_the_buffers_are_named_once_when_a_receive_finds_none_left()
    {
        List<LeaseReport> reports = [];
        EventLoopOptions options = Options(reports);
        options.ReceiveBufferCount = 2;
        options.MaxReceiveBufferCount = 2;
        OnLoop.Run(
            async loop =>
            {
                (Connection first, Connection second) = Pairs.Tcp(loop);
                await second.SendAsync(new byte[1]);
                BufferLease one = await first.ReceiveAsync();
                await second.SendAsync(new byte[1]);
                BufferLease two = await first.ReceiveAsync();
                await second.SendAsync(new byte[1]);
                Task<BufferLease> third = first.ReceiveAsync().AsTask();
                while (reports.Count == 0)
                {
                    await loop.DelayAsync(TimeSpan.FromMilliseconds(0.1));
                }

                Assert.False(reports[0].LoopEnds);
                Assert.Equal(2, reports[0].Held.Count);
                one.Dispose();
                (await third).Dispose();
                two.Dispose();
                await first.CloseAsync();
                await second.CloseAsync();
            },
            options);
        Assert.Single(reports);
    }

    private static EventLoopOptions Options(List<LeaseReport> reports)
    {
        EventLoopOptions options = OnLoop.Small;
        options.TrackLeases = reports.Add;
        return options;
    }

    private static async Task ForgetAsync(Connection connection)
    {
        BufferLease lease = await connection.ReceiveAsync();
        Assert.Equal(3, lease.Length);
    }

    private static async Task RetainAsync(Connection connection)
    {
        using BufferLease lease = await connection.ReceiveAsync();
        Assert.Equal(5, lease.Retain().Memory.Length);
    }
}
