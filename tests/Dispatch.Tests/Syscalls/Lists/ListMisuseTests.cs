namespace Dispatch.Tests;

/// <summary>What a list cannot be asked for: each a clear error, and nothing lost by it.</summary>
public sealed class ListMisuseTests
{
    [Fact]
    public void An_empty_list_is_refused() => OnLoop.Poll(loop =>
    {
        using RequestList list = new();
        Assert.Contains("empty", Assert.Throws<InvalidOperationException>(() => loop.Submit(list)).Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_workers_call_is_no_step_of_a_kernels_chain() => OnLoop.Poll(loop =>
    {
        using RequestList list = new() { IoRequest.Nop().Link(), IoRequest.GetRandom(new byte[8]) };
        string message = Assert.Throws<InvalidOperationException>(() => loop.Submit(list)).Message;
        Assert.Contains("getrandom", message, StringComparison.Ordinal);
        Assert.Contains("Then", message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_wait_on_a_list_that_was_not_submitted_is_refused()
    {
        using RequestList list = ListTests.Nops(1);
        Action[] waits =
        [
            () => list.WaitAll(),
            () => list.WaitAny(),
            () => list[0].Wait(),
            () => _ = list.WhenAllAsync(),
            () => _ = list[0].WaitAsync(),
            () => _ = list[0].Result,
        ];
        foreach (Action wait in waits)
        {
            Assert.Contains("not submitted", Assert.Throws<InvalidOperationException>(wait).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_wait_on_the_owner_is_refused() => OnLoop.Poll(loop =>
    {
        using RequestList list = ListTests.Nops(1);
        loop.Submit(list);
        Action[] waits =
        [
            () => list.WaitAll(),
            () => list.WaitAny(),
            () => list[0].Wait(),
        ];
        foreach (Action wait in waits)
        {
            Assert.Contains("await", Assert.Throws<InvalidOperationException>(wait).Message, StringComparison.OrdinalIgnoreCase);
        }

        OnLoop.Until(loop, () => list.IsCompleted);
    });

    [Fact]
    public void A_list_in_flight_is_neither_submitted_nor_changed_and_ends_as_it_was() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        using RequestList list = new() { IoRequest.Read(pipe.ReadEnd, new byte[8], -1) };
        loop.Submit(list);
        Action[] changes =
        [
            () => loop.Submit(list),
            () => list.Add(IoRequest.Nop()),
            () => list.Clear(),
            () => list.Replace(0, IoRequest.Nop()),
        ];
        foreach (Action change in changes)
        {
            Assert.Contains("in flight", Assert.Throws<InvalidOperationException>(change).Message, StringComparison.Ordinal);
        }

        pipe.Write([1]);
        Assert.Equal(1, (await list[0].WaitAsync()).Result);
        loop.Submit(list);
        pipe.Write([1, 2]);
        Assert.Equal(2, (await list[0].WaitAsync()).Result);
    });

    [Fact]
    public void A_list_has_a_limit()
    {
        using RequestList list = ListTests.Nops(RequestList.MaxCount);
        Assert.Contains("65536", Assert.Throws<InvalidOperationException>(() => list.Add(IoRequest.Nop())).Message, StringComparison.Ordinal);
        Assert.Equal(RequestList.MaxCount, list.Count);
    }

    [Fact]
    public void A_chain_does_not_go_on_in_another_list() => OnLoop.Poll(loop =>
    {
        using RequestList list = new() { IoRequest.Nop(), IoRequest.Nop().Link() };
        Assert.Contains("another list", Assert.Throws<InvalidOperationException>(() => loop.Submit(list)).Message, StringComparison.Ordinal);
        list.Add(IoRequest.Nop());
        loop.Submit(list);
        OnLoop.Until(loop, () => list.IsCompleted);
        Assert.All(list, e => Assert.Equal(0, e.Result));
    });

    [Fact]
    public void A_chain_longer_than_the_ring_is_refused() => OnLoop.Poll(loop =>
    {
        using RequestList list = new();
        for (int i = 0; i < 64; i++)
        {
            list.Add(IoRequest.Nop().Link());
        }

        list.Add(IoRequest.Nop());
        Assert.Contains("SubmissionEntries", Assert.Throws<InvalidOperationException>(() => loop.Submit(list)).Message, StringComparison.Ordinal);
        Assert.Equal(0, loop.Engine.UserInFlight);
    });

    [Fact]
    public void What_belongs_to_a_chain_is_not_sent_alone() => OnLoop.Run(async loop =>
    {
        foreach (IoRequest request in (IoRequest[])[IoRequest.Nop().Link(), IoRequest.Nop().HardLink(), IoRequest.LinkTimeout(TimeSpan.Zero), IoRequest.OpenAt("/", OpenFlags.ReadOnly).AsChainFile(), IoRequest.CloseChainFile(), IoRequest.Read(Descriptor.ChainFile, new byte[1], 0), IoRequest.Sync(Descriptor.ChainFile)])
        {
            Verify(await Assert.ThrowsAsync<InvalidOperationException>(async () => await loop.ExecuteAsync(request)));
            Verify(await Assert.ThrowsAsync<InvalidOperationException>(async () => await loop.CompleteAsync(request)));
            Verify(Assert.Throws<InvalidOperationException>(() => loop.Submit(request, 1)));
            Verify(Assert.Throws<InvalidOperationException>(() => loop.Observe(request, new Recorder())));
        }

        Assert.Equal(0, loop.Engine.UserInFlight);

        static void Verify(Exception e) => Assert.Contains("RequestList", e.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void What_no_list_can_have_is_refused_when_it_is_added()
    {
        using RequestList list = new();
        Assert.Throws<ArgumentException>(() => list.Add(IoRequest.PollMultishot(0, PollEvents.Readable)));
        Assert.Throws<ArgumentException>(() => list.Add(IoRequest.Nop().WithDeadline(TimeSpan.FromSeconds(1))));
        Assert.Throws<ArgumentException>(() => list.Add(IoRequest.Status("x", new byte[256], directory: Descriptor.ChainFile)));
        Assert.Throws<InvalidOperationException>(() => IoRequest.Nop().AsChainFile());
        Assert.Empty(list);
    }

    [Fact]
    public void A_step_about_a_file_that_its_chain_does_not_open_is_refused() => OnLoop.Poll(loop =>
    {
        IoRequest open = IoRequest.OpenAt("/", OpenFlags.ReadOnly).AsChainFile();
        Refuse("no step before it", open, IoRequest.CloseChainFile());
        Refuse("no step before it", IoRequest.Read(Descriptor.ChainFile, new byte[1], 0).Link(), open);
        Refuse("second file", open.Link(), open.Link(), IoRequest.CloseChainFile());
        Refuse("linked timeout", IoRequest.LinkTimeout(TimeSpan.Zero));
        Refuse("linked timeout", IoRequest.Nop().Link(), IoRequest.LinkTimeout(TimeSpan.Zero).Link(), IoRequest.LinkTimeout(TimeSpan.Zero));

        void Refuse(string what, params IoRequest[] requests)
        {
            using RequestList list = new();
            foreach (IoRequest request in requests)
            {
                list.Add(request);
            }

            Assert.Contains(what, Assert.Throws<InvalidOperationException>(() => loop.Submit(list)).Message, StringComparison.Ordinal);
        }
    });

    [Fact]
    public void A_request_whose_handle_is_closed_ends_by_itself_and_alone() => OnLoop.Run(async loop =>
    {
        SafeFileHandleOfNull(out Microsoft.Win32.SafeHandles.SafeFileHandle closed);
        closed.Dispose();
        using RequestList list = new()
        {
            IoRequest.Nop(),
            IoRequest.Read(closed, new byte[1], 0),
            IoRequest.Nop().Link(),
            IoRequest.Read(closed, new byte[1], 0).Link(),
            IoRequest.Nop(),
        };
        loop.Submit(list);
        await list.WhenAllAsync();
        Assert.Equal([0L, -Errno.EBADF, -Errno.ECANCELED, -Errno.EBADF, -Errno.ECANCELED], list.Select(e => e.Result));
    });

    [Fact]
    public void A_disposed_list_is_refused()
    {
        RequestList list = ListTests.Nops(1);
        list.Dispose();
        list.Dispose();
        Assert.Throws<ObjectDisposedException>(() => list.Add(IoRequest.Nop()));
        Assert.Throws<ObjectDisposedException>(() => list.WaitAll());
        OnLoop.Poll(loop => Assert.Throws<ObjectDisposedException>(() => loop.Submit(list)));
    }

    private static void SafeFileHandleOfNull(out Microsoft.Win32.SafeHandles.SafeFileHandle handle) => handle = File.OpenHandle("/dev/null");
}
