namespace Dispatch.Tests;

/// <summary>O_DIRECT: alignment, and memory that is the kernel's until the terminal completion and never after it.</summary>
public sealed class DirectTests
{
    private const int Size = 1 << 20;

    private static readonly FileOpenOptions Reading = new() { Direct = true };
    private static readonly FileOpenOptions Creating = new() { Mode = FileMode.Create, Access = FileAccess.ReadWrite, Direct = true };

    [Fact]
    public Task Aligned_requests_read_and_write() => LoopHost.OnLoop(async loop =>
    {
        using TempFolder folder = new();
        await using DispatchFile file = await DispatchFile.OpenAsync(folder.At("file"), Creating);
        int unit = file.OffsetAlignment;
        Assert.True(unit > 1 && file.MemoryAlignment > 1);
        using AlignedMemory written = AlignedMemory.Allocate(16 * 4096);
        Receiving.Pattern(16 * 4096).CopyTo(written.Memory);
        await file.WriteAsync(written.Memory, 4096);
        await file.WriteAsync([written.Memory[..4096], written.Memory[4096..8192]], 0);
        using AlignedMemory read = AlignedMemory.Allocate(17 * 4096);
        Assert.Equal(17 * 4096, await file.ReadAsync(read.Memory, 0));
        Assert.Equal(written.Memory[..8192].ToArray(), read.Memory[..8192].ToArray());
        Assert.Equal(written.Memory[4096..].ToArray(), read.Memory[8192..].ToArray());
        RegisteredBufferPool pool = loop.RegisterBuffers(2, 8192);
        Assert.True(pool.TryRent(out RegisteredBuffer? registered));
        Assert.Equal(8192, await file.ReadAsync(registered, 8192, 4096));
        Assert.Equal(written.Memory[4096..8192].ToArray(), registered.Memory[..4096].ToArray());
        Assert.Equal(4096, await file.WriteAsync(registered, 4096, 0));
        Give(registered);
    });

    [Fact]
    public Task The_end_of_the_file_may_lie_between_blocks() => LoopHost.OnLoop(async _ =>
    {
        using TempFolder folder = new();
        byte[] data = Receiving.Pattern(10_001);
        await using DispatchFile file = await DispatchFile.OpenAsync(folder.Write("file", data), Reading);
        using AlignedMemory read = AlignedMemory.Allocate(16_384);
        Assert.Equal(10_001, await file.ReadAsync(read.Memory, 0));
        Assert.Equal(data, read.Memory[..10_001].ToArray());
        Assert.Equal(0, await file.ReadAsync(read.Memory, 16_384));
    });

    [Fact]
    public Task What_is_not_aligned_is_refused_with_the_numbers() => LoopHost.OnLoop(async loop =>
    {
        using TempFolder folder = new();
        await using DispatchFile file = await DispatchFile.OpenAsync(folder.At("file"), Creating);
        int unit = file.OffsetAlignment;
        using AlignedMemory memory = AlignedMemory.Allocate(8192);
        RegisteredBufferPool pool = loop.RegisterBuffers(1, 8192);
        Assert.True(pool.TryRent(out RegisteredBuffer? registered));

        await Refused(async () => await file.ReadAsync(memory.Memory, 100), "offset", $"{unit}", "100");
        await Refused(async () => await file.ReadAsync(memory.Memory[..1000], 0), "length", $"{unit}", "1000");
        await Refused(async () => await file.ReadAsync(memory.Memory[1..(unit + 1)], 0), "memory", $"{file.MemoryAlignment}", "0x");
        await Refused(async () => await file.ReadAsync([memory.Memory, memory.Memory[..77]], 0), "length", $"{unit}", "77");
        await Refused(async () => await file.WriteAsync(memory.Memory, unit + 1), "offset", $"{unit}", $"{unit + 1}");
        await Refused(async () => await file.WriteAsync(memory.Memory[..5], 0), "length", $"{unit}", "5");
        await Refused(async () => await file.WriteAsync([memory.Memory[3..(unit + 3)]], 0), "memory", $"{file.MemoryAlignment}", "0x");
        await Refused(async () => await file.AppendAsync(memory.Memory[..5]), "length", $"{unit}", "5");
        await Refused(async () => await file.ReadAsync(registered, 100, 0), "length", $"{unit}", "100");
        await Refused(async () => await file.WriteAsync(registered, 4096, 7), "offset", $"{unit}", "7");
        Assert.Equal(0, (await file.GetStatusAsync()).Length);
        Give(registered);

        static async Task Refused(Func<Task> action, params string[] words)
        {
            ArgumentException e = await Assert.ThrowsAsync<ArgumentException>(action);
            Assert.All(words, w => Assert.Contains(w, e.Message, StringComparison.Ordinal));
        }
    });

    [Fact]
    public Task A_file_system_without_it_says_so() => LoopHost.OnLoop(async _ =>
    {
        IOException e = await Assert.ThrowsAsync<IOException>(() => DispatchFile.OpenAsync("/proc/self/status", Reading));

        Assert.Contains("/proc/self/status", e.Message, StringComparison.Ordinal);
        Assert.Contains("O_DIRECT", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, Descriptors.CountOf("/proc/self/status"));
    });

    [Fact]
    public Task On_tmpfs_it_works_or_says_why_not() => LoopHost.OnLoop(async _ =>
    {
        string path = $"/dev/shm/dispatch-{Guid.NewGuid():n}";
        await File.WriteAllBytesAsync(path, new byte[8192]);
        try
        {
            await using DispatchFile file = await DispatchFile.OpenAsync(path, Reading);
            using AlignedMemory memory = AlignedMemory.Allocate(8192);
            Assert.Equal(8192, await file.ReadAsync(memory.Memory, 0));
        }
        catch (IOException e)
        {
            Assert.Contains("O_DIRECT", e.Message, StringComparison.Ordinal);
        }

        File.Delete(path);
    });

    [Fact]
    public Task Memory_is_untouched_after_a_cancelled_read_has_ended() => LoopHost.OnLoop(async loop =>
    {
        using TempFolder folder = new();
        string path = folder.Write("file", Receiving.Pattern(Size));
        using AlignedMemory memory = AlignedMemory.Allocate(Size);
        await using DispatchFile file = await DispatchFile.OpenAsync(path, Reading);
        for (int round = 0; round < 30; round++)
        {
            memory.Memory.Span.Clear();
            using CancellationTokenSource source = new();
            Task<bool>[] reads = [.. Enumerable.Range(0, 64).Select(i => ReadAndPoisonAsync(memory.Memory.Slice(i << 14, 1 << 14), i << 14, source.Token))];
            if (round % 3 == 1)
            {
                loop.Engine.SubmitStaged();
            }

            await source.CancelAsync();
            await Task.WhenAll(reads);
            await ProveQuietAsync(loop, path, memory);
        }

        async Task<bool> ReadAndPoisonAsync(Memory<byte> target, long offset, CancellationToken token)
        {
            try
            {
                Assert.Equal(target.Length, await file.ReadAsync(target, offset, token));
                return true;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
            finally
            {
                target.Span.Fill(0xA5); // The memory is ours again: nobody writes here any more.
            }
        }
    });

    [Fact]
    public Task Memory_is_untouched_after_a_file_was_closed_under_reads() => LoopHost.OnLoop(async loop =>
    {
        using TempFolder folder = new();
        string path = folder.Write("file", Receiving.Pattern(Size));
        using AlignedMemory memory = AlignedMemory.Allocate(Size);
        for (int round = 0; round < 30; round++)
        {
            DispatchFile file = await DispatchFile.OpenAsync(path, Reading);
            Task[] reads = [.. Enumerable.Range(0, 64).Select(i => IgnoreCancelAsync(file.ReadAsync(memory.Memory.Slice(i << 14, 1 << 14), i << 14)))];
            loop.Engine.SubmitStaged();
            await file.CloseAsync(); // Waits for the terminal completions.
            memory.Memory.Span.Fill(0xA5);
            await ProveQuietAsync(loop, path, memory);
            await Task.WhenAll(reads);
        }
    });

    [Fact]
    public async Task Memory_is_untouched_after_a_loop_ended_under_reads()
    {
        using TempFolder folder = new();
        string path = folder.Write("file", Receiving.Pattern(Size));
        using AlignedMemory memory = AlignedMemory.Allocate(Size);
        for (int round = 0; round < 10; round++)
        {
            await LoopHost.OnLoop(async loop =>
            {
                DispatchFile file = await DispatchFile.OpenAsync(path, Reading);
                _ = Enumerable.Range(0, 64).Select(i => IgnoreCancelAsync(file.ReadAsync(memory.Memory.Slice(i << 14, 1 << 14), i << 14))).ToArray();
                loop.Engine.SubmitStaged();
            });
            memory.Memory.Span.Fill(0xA5); // The loop has ended: every read has, too.
            await LoopHost.OnLoop(loop => ProveQuietAsync(loop, path, memory));
        }
    }

    [Fact]
    public Task Memory_disposed_under_a_read_lives_until_the_read_has_ended() => LoopHost.OnLoop(async loop =>
    {
        using TempFolder folder = new();
        byte[] data = Receiving.Pattern(Size);
        await using DispatchFile file = await DispatchFile.OpenAsync(folder.Write("file", data), Reading);
        RegisteredBufferPool pool = loop.RegisterBuffers(1, 1 << 16);
        for (int round = 0; round < 50; round++)
        {
            AlignedMemory memory = AlignedMemory.Allocate(1 << 16);
            Task<int> read = file.ReadAsync(memory.Memory, 0).AsTask();
            ((IDisposable)memory).Dispose();
            Assert.True(pool.TryRent(out RegisteredBuffer? registered));
            Task<int> @fixed = file.ReadAsync(registered, 1 << 16, 0).AsTask();
            Give(registered);
            Assert.False(pool.TryRent(out _)); // The kernel still has it.
            Assert.Throws<ObjectDisposedException>(() => registered.GetSpan().Length);
            Assert.Equal(1 << 16, await read);
            Assert.Equal(1 << 16, await @fixed);
            Assert.Equal(1, pool.Available);
        }
    });

    private static async Task IgnoreCancelAsync(ValueTask<int> read)
    {
        try
        {
            await read;
        }
        catch (OperationCanceledException)
        {
            // Closed under it; whether it was cancelled or had succeeded is not what is asked here.
        }
    }

    /// <summary>Gives the disk the time of another pass over the same blocks; then nothing may have changed.</summary>
    private static async Task ProveQuietAsync(EventLoop loop, string path, AlignedMemory poisoned)
    {
        await using DispatchFile file = await DispatchFile.OpenAsync(path, Reading, loop);
        using AlignedMemory other = AlignedMemory.Allocate(Size);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(i => file.ReadAsync(other.Memory.Slice(i << 16, 1 << 16), i << 16).AsTask()));
        Assert.Equal(-1, poisoned.Memory.Span.IndexOfAnyExcept((byte)0xA5));
    }

    private static void Give(IDisposable buffer) => buffer.Dispose();
}
