namespace Dispatch.Tests;

/// <summary>Chains whose steps are made of what came before.</summary>
public sealed class ChainTests
{
    [Fact]
    public void A_result_feeds_the_next_step_on_the_owner() => OnLoop.Run(async loop =>
    {
        using TempFolder folder = new();
        string path = folder.Write("f", [1, 2, 3, 4, 5, 6, 7, 8]);
        byte[] first = new byte[1];
        byte[] rest = new byte[8];
        HashSet<int> threads = [];
        Chain? chain = null;
        chain = Chain.Start(IoRequest.OpenAt(path, OpenFlags.ReadOnly | OpenFlags.CloseOnExec))
            .Then(file => Note(IoRequest.Read((int)file, first, 2)))
            .Then(count => Note(IoRequest.Read((int)chain![0].Result, rest, first[0])))
            .Finally(c => c[0].IsError ? null : IoRequest.Close((int)c[0].Result));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(5, await chain.RunAsync());
            Assert.Equal([4, 5, 6, 7, 8, 0, 0, 0], rest); // From offset 3 on, which the first read brought.
            Assert.Equal(0, chain[3].Result);
        }

        Assert.Equal([Environment.CurrentManagedThreadId], threads);
        Assert.Equal(0, OpenDescriptors.CountOf(path));

        IoRequest Note(in IoRequest request)
        {
            threads.Add(Environment.CurrentManagedThreadId);
            return request;
        }
    });

    [Fact]
    public void A_failed_step_cancels_those_behind_it_but_what_is_done_finally() => OnLoop.Run(async loop =>
    {
        int closed = 0;
        Chain chain = Chain.Start(IoRequest.Nop()).Then(IoRequest.Close(1_000_000)).Then(_ => throw new InvalidTimeZoneException()).Finally(c =>
        {
            closed++;
            return IoRequest.Nop();
        });
        Assert.Equal(-Errno.EBADF, (await chain.CompleteAsync()).Result);
        Assert.Equal([0L, -Errno.EBADF, -Errno.ECANCELED, 0], Enumerable.Range(0, 4).Select(i => chain[i].Result));
        await Assert.ThrowsAsync<IOException>(async () => await chain.RunAsync());
        Assert.Equal(2, closed);
    });

    [Fact]
    public void What_a_function_throws_is_its_awaiters() => OnLoop.Run(async loop =>
    {
        int closed = 0;
        Chain chain = Chain.Start(IoRequest.Nop()).Then(_ => throw new InvalidTimeZoneException("mine")).Then(IoRequest.Nop()).Finally(_ =>
        {
            closed++;
            return null;
        });
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal("mine", (await Assert.ThrowsAsync<InvalidTimeZoneException>(async () => await chain.RunAsync())).Message);
        }

        Assert.Equal(2, closed);
        Assert.Equal(-Errno.ECANCELED, chain[2].Result);
    });

    [Fact]
    public void A_cancel_ends_the_step_in_flight_and_begins_no_other() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        using CancellationTokenSource source = new();
        Chain chain = Chain.Start(IoRequest.Read(pipe.ReadEnd, new byte[1], -1)).Then(IoRequest.Nop()).Finally(_ => IoRequest.Nop());
        ValueTask<long> run = chain.RunAsync(loop, source.Token);
        await loop.ExecuteAsync(IoRequest.Nop());
        await source.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await run);
        Assert.Equal(source.Token, e.CancellationToken);
        Assert.Equal([-Errno.ECANCELED, -Errno.ECANCELED, 0], Enumerable.Range(0, 3).Select(i => chain[i].Result));
    });

    [Fact]
    public void A_chain_runs_once_at_a_time() => OnLoop.Run(async loop =>
    {
        Chain chain = Chain.Start(IoRequest.Nop());
        Assert.Throws<InvalidOperationException>(() => chain[0]);
        ValueTask<long> run = chain.RunAsync();
        Assert.Throws<InvalidOperationException>(() => { _ = chain.RunAsync(); });
        Assert.Throws<InvalidOperationException>(() => chain.Then(IoRequest.Nop()));
        Assert.Equal(0, await run);
        Assert.Equal(0, await chain.Then(IoRequest.Nop()).RunAsync());
    });

    [Fact]
    public void Runs_on_one_loop_allocate_nothing() => OnLoop.Run(async loop =>
    {
        Chain chain = Chain.Start(IoRequest.Nop()).Then(static result => result == 0 ? IoRequest.Nop() : IoRequest.Close(-1)).Finally(static _ => IoRequest.Nop());
        bool failed = false;
        await Work(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        await Work(10_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024);
        Assert.False(failed);

        async ValueTask Work(int runs)
        {
            for (int i = 0; i < runs; i++)
            {
                failed |= await chain.RunAsync() != 0;
            }
        }
    });

    [Fact]
    public Task A_foreign_thread_runs_a_chain_on_a_loop() => LoopHost.Beside(async loop =>
    {
        Chain chain = Chain.Start(IoRequest.Nop()).Then(_ => loop.IsOwner ? IoRequest.Nop() : throw new InvalidOperationException("Not the owner."));
        Assert.Equal(0, await chain.RunAsync(loop));
        Assert.Equal(0, (await chain.CompleteAsync(loop)).Result);
    });

    [Fact]
    public void A_step_whose_handle_is_closed_throws_at_the_awaiter() => OnLoop.Run(async loop =>
    {
        Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle("/dev/null");
        handle.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Chain.Start(IoRequest.Read(handle, new byte[1], 0)).Then(IoRequest.Nop()).RunAsync());
    });
}
