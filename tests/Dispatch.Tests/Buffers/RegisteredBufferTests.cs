namespace Dispatch.Tests;

/// <summary>Buffers that the kernel has mapped once and for all.</summary>
public sealed class RegisteredBufferTests
{
    [Fact]
    public Task They_read_and_write_and_come_back() => LoopHost.OnLoop(async loop =>
    {
        using TempFolder folder = new();
        await using DispatchFile file = await DispatchFile.OpenAsync(folder.At("file"), new FileOpenOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite });
        RegisteredBufferPool pool = loop.RegisterBuffers(4, 10_000);
        Assert.True(pool.TryRent(out RegisteredBuffer? one));
        Assert.True(pool.TryRent(out RegisteredBuffer? two));
        Assert.Equal(2, pool.Available);
        Receiving.Pattern(10_000).CopyTo(one.Memory);
        Assert.Equal(10_000, await file.WriteAsync(one, 10_000, 0));
        Assert.Equal(10_000, await file.ReadAsync(two, 10_000, 0));
        Assert.Equal(one.Memory.ToArray(), two.Memory.ToArray());
        Assert.Equal(5000, await file.ReadAsync(two, 10_000, 5000));
        Assert.Equal(one.Memory[5000..].ToArray(), two.Memory[..5000].ToArray());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await file.ReadAsync(two, 10_001, 0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await file.ReadAsync(two, -1, 0));
        Give(one);
        Give(one);
        Assert.Equal(3, pool.Available);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await file.ReadAsync(one, 100, 0));
        Give(two);
        RegisteredBuffer[] all = [.. Enumerable.Range(0, 4).Select(_ => pool.TryRent(out RegisteredBuffer? b) ? b : null!)];
        Assert.Equal(4, all.Distinct().Count());
        Assert.False(pool.TryRent(out _));
        Assert.Throws<InvalidOperationException>(() => loop.RegisterBuffers(1, 1));
    });

    [Fact]
    public Task They_belong_to_their_loop() => LoopHost.Around(
        async host =>
        {
            using TempFolder folder = new();
            string path = folder.Write("file", new byte[100]);
            EventLoop first = host.Dispatcher.Loops[0];
            EventLoop second = host.Dispatcher.Loops[1];
            RegisteredBuffer? buffer = null;
            await first.InvokeAsync(() => { Assert.True(first.RegisterBuffers(1, 100).TryRent(out buffer)); });
            await using DispatchFile file = await DispatchFile.OpenAsync(path, loop: second);

            InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(async () => await file.ReadAsync(buffer!, 100, 0));

            Assert.Contains(first.Name, e.Message, StringComparison.Ordinal);
            Assert.Contains(second.Name, e.Message, StringComparison.Ordinal);
            Assert.Throws<InvalidOperationException>(() => first.RegisterBuffers(1, 1));
        },
        2);

    [Fact]
    public async Task One_that_is_out_when_its_loop_ends_keeps_its_memory()
    {
        RegisteredBuffer? buffer = null;
        await LoopHost.OnLoop(loop =>
        {
            Assert.True(loop.RegisterBuffers(1, 1 << 20).TryRent(out buffer));
            buffer.Memory.Span.Fill(7);
            return Task.CompletedTask;
        });

        Assert.Equal(-1, buffer!.Memory.Span.IndexOfAnyExcept((byte)7));
        Memory<byte> memory = buffer.Memory;
        Give(buffer);
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
    }

    [Fact]
    public Task Given_back_on_another_thread_they_come_back_once() => LoopHost.OnLoop(async loop =>
    {
        using TempFolder folder = new();
        await using DispatchFile file = await DispatchFile.OpenAsync(folder.Write("file", new byte[4096]));
        RegisteredBufferPool pool = loop.RegisterBuffers(2, 4096);
        for (int i = 0; i < 1000; i++)
        {
            Assert.True(pool.TryRent(out RegisteredBuffer? buffer));
            Task<int> read = file.ReadAsync(buffer, 4096, 0).AsTask();
            Task other = Task.Run(() => Give(buffer)); // While the request ends.
            Assert.Equal(4096, await read);
            await other;
            await Receiving.UntilAsync(loop, () => pool.Available >= 2);
            Assert.Equal(2, pool.Available);
        }
    });

    private static void Give(IDisposable buffer) => buffer.Dispose();
}
