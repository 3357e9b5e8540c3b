using System.Runtime.InteropServices;

namespace Dispatch.Tests;

/// <summary>Whole files by one chain.</summary>
public sealed class FileChainTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(FileReads.BufferBytes - 1)]
    [InlineData(FileReads.BufferBytes)]
    [InlineData(FileReads.BufferBytes + 1)]
    [InlineData(1_000_000)]
    public void A_file_of_any_size_is_read_whole(int size) => OnLoop.Run(async loop =>
    {
        using TempFolder folder = new();
        byte[] content = new byte[size];
        new Random(size).NextBytes(content);
        string path = folder.Write("f", content);
        for (int i = 0; i < 3; i++)
        {
            using FileContent read = await Chain.ReadFileAsync(path);
            Assert.Equal(content, read.Memory.ToArray());
            Assert.Equal(content, read.Span.ToArray());
        }

        byte[] buffer = new byte[size];
        Assert.Equal(size, await Chain.ReadFile(path).RunAsync(buffer));
        Assert.Equal(content, buffer);
        Assert.Equal(0, OpenDescriptors.CountOf(path));
        VerifyAllSlotsFree(loop);
    });

    [Fact]
    public void A_cached_file_is_read_in_one_enter() => OnLoop.Poll(
        loop =>
        {
            using TempFolder folder = new();
            string path = folder.Write("f", [1, 2, 3]);
            byte[] buffer = new byte[100];
            OnLoop.Drive(loop, async () => Assert.Equal(3, await Chain.ReadFileAsync(path, buffer)));
            OnLoop.Until(loop, () => loop.Poll() == 0);
            long before = loop.Statistics.Enters;
            ValueTask<int> read = Chain.ReadFileAsync(path, buffer);
            loop.Engine.SubmitStaged();
            Assert.Equal(1, loop.Statistics.Enters - before);
            Assert.Equal(5u, loop.Engine.Ring.Completions.Count); // Every step has ended.
            loop.Poll();
            Assert.True(read.IsCompleted);
            Assert.Equal(3, read.Result);
        },
        new EventLoopOptions { Kernel = KernelKind.IoUring, SubmissionEntries = 64, CompletionEntries = 256 });

    [Fact]
    public void A_file_larger_than_the_given_buffer_is_an_error_that_says_so() => OnLoop.Run(async loop =>
    {
        using TempFolder folder = new();
        string path = folder.Write("f", new byte[101]);
        byte[] buffer = new byte[100];
        IOException e = await Assert.ThrowsAsync<IOException>(async () => await Chain.ReadFileAsync(path, buffer));
        Assert.Equal(Errno.EFBIG, e.HResult);
        Assert.Contains("100 bytes", e.Message, StringComparison.Ordinal);
        VerifyAllSlotsFree(loop);
    });

    [Theory]
    [InlineData("/proc/self/maps")]
    [InlineData("/proc/self/status")]
    [InlineData("/proc/kallsyms")]
    public void A_file_that_has_no_size_is_read_to_its_end(string path) => OnLoop.Run(async loop =>
    {
        using FileContent read = await Chain.ReadFileAsync(path);
        Assert.Equal((byte)'\n', read.Span[^1]);
        int whole = (await File.ReadAllBytesAsync(path)).Length;
        Assert.InRange(read.Length, whole / 2, whole * 2L);
    });

    [Fact]
    public void What_is_no_file_is_a_clear_error_and_hangs_nobody() => OnLoop.Run(async loop =>
    {
        using TempFolder folder = new();
        string fifo = folder.At("fifo");
        Assert.Equal(0, MakeFifo(fifo, 0x180));
        for (int i = 0; i < 2; i++)
        {
            await Assert.ThrowsAsync<FileNotFoundException>(async () => await Chain.ReadFileAsync(folder.At("none")));
            await Assert.ThrowsAsync<UnauthorizedAccessException>(async () => await Chain.ReadFileAsync(folder.Root));
            Assert.Contains("FIFO", (await Assert.ThrowsAsync<IOException>(async () => await Chain.ReadFileAsync(fifo))).Message, StringComparison.Ordinal);
            using FileStream writer = new(fifo, FileMode.Open, FileAccess.ReadWrite);
            Assert.Contains("FIFO", (await Assert.ThrowsAsync<IOException>(async () => await Chain.ReadFileAsync(fifo))).Message, StringComparison.Ordinal);
            writer.Write([1, 2, 3]);
            writer.Flush();
            Assert.Contains("FIFO", (await Assert.ThrowsAsync<IOException>(async () => await Chain.ReadFileAsync(fifo))).Message, StringComparison.Ordinal);
            Assert.Equal(1, writer.ReadByte()); // Nothing of it was taken.
        }

        await Assert.ThrowsAsync<PathTooLongException>(async () => await Chain.ReadFileAsync(new string('a', 5000)));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Chain.ReadFileAsync("a\0b"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Chain.ReadFileAsync(string.Empty));
        VerifyAllSlotsFree(loop);
    });

    [Fact]
    public void A_loop_whose_queue_is_shorter_than_the_chain_reads_step_by_step() => OnLoop.Run(
        async loop =>
        {
            using TempFolder folder = new();
            string path = folder.Write("f", [1, 2, 3]);
            using FileContent read = await Chain.ReadFileAsync(path);
            Assert.Equal([1, 2, 3], read.Memory.ToArray());
            Assert.Equal(0, loop.Engine.Slots.Count);
            await Assert.ThrowsAsync<FileNotFoundException>(async () => await Chain.ReadFileAsync(folder.At("none")));
            Assert.Equal(0, OpenDescriptors.CountOf(path));
        },
        new EventLoopOptions { Kernel = TestKernel.Kind, SubmissionEntries = 4, CompletionEntries = 16 });

    [Fact]
    public void More_files_than_slots_are_read_in_turn() => OnLoop.Run(
        async loop =>
        {
            using TempFolder folder = new();
            string[] paths = [.. Enumerable.Range(0, 50).Select(i => folder.Write($"f{i}", [(byte)i, 1]))];
            Task<byte[]>[] all = [.. paths.Select(Read)];
            for (int i = 0; i < all.Length; i++)
            {
                Assert.Equal([(byte)i, 1], await all[i]);
            }

            Assert.Equal(3, loop.Engine.Slots.Count);
            VerifyAllSlotsFree(loop);

            static async Task<byte[]> Read(string path)
            {
                using FileContent content = await Chain.ReadFileAsync(path);
                return content.Memory.ToArray();
            }
        },
        new EventLoopOptions { Kernel = TestKernel.Kind, SubmissionEntries = 16, CompletionEntries = 64, DirectSlots = 3 });

    [Fact]
    public void Reads_into_given_buffers_allocate_nothing() => OnLoop.Run(async loop =>
    {
        using TempFolder folder = new();
        string path = folder.Write("f", [1, 2, 3, 4]);
        byte[] buffer = GC.AllocateArray<byte>(4096, pinned: true);
        FileChain prepared = Chain.ReadFile(path);
        bool failed = false;
        await Work(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        await Work(1000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024);
        Assert.False(failed);

        async ValueTask Work(int count)
        {
            for (int i = 0; i < count; i++)
            {
                failed |= await Chain.ReadFileAsync(path, buffer) != 4;
                failed |= await prepared.RunAsync(buffer) != 4;
            }
        }
    });

    [Fact]
    public void Reads_that_are_cancelled_at_any_moment_end_once_and_leak_no_slot() => OnLoop.Run(
        async loop =>
        {
            using TempFolder folder = new();
            string path = folder.Write("f", new byte[100]);
            int cancelled = 0;
            for (int i = 0; i < 200; i++)
            {
                using CancellationTokenSource source = new();
                Task<FileContent>[] reads = [.. Enumerable.Range(0, 8).Select(_ => Chain.ReadFileAsync(path, null, source.Token).AsTask())];
                for (int turn = 0; turn < i % 3; turn++)
                {
                    await Task.Yield();
                }

                await source.CancelAsync();
                foreach (Task<FileContent> read in reads)
                {
                    try
                    {
                        using FileContent content = await read;
                        Assert.Equal(100, content.Length);
                    }
                    catch (OperationCanceledException)
                    {
                        cancelled++;
                    }
                }
            }

            Assert.NotEqual(0, cancelled);
            Assert.Equal(0, OpenDescriptors.CountOf(path));
            VerifyAllSlotsFree(loop);
        },
        new EventLoopOptions { Kernel = TestKernel.Kind, SubmissionEntries = 16, CompletionEntries = 64, DirectSlots = 4 });

    [Fact]
    public Task A_foreign_thread_reads_a_file_through_a_loop() => LoopHost.Beside(async loop =>
    {
        using TempFolder folder = new();
        string path = folder.Write("f", [5, 6, 7]);
        using (FileContent content = await Chain.ReadFileAsync(path, loop))
        {
            Assert.Equal([5, 6, 7], content.Memory.ToArray());
            content.Dispose();
            Assert.Throws<ObjectDisposedException>(() => content.Memory);
        }

        byte[] buffer = new byte[10];
        Assert.Equal(3, await Chain.ReadFile(path).RunAsync(buffer, loop));
    });

    [Fact]
    public void A_loop_that_ends_with_reads_in_flight_and_waiting_tells_all_of_them()
    {
        using TempFolder folder = new();
        string path = folder.Write("f", new byte[100]);
        Task<FileContent>[] reads = [];
        OnLoop.Poll(
            loop => reads = [.. Enumerable.Range(0, 20).Select(_ => Chain.ReadFileAsync(path).AsTask())],
            new EventLoopOptions { Kernel = TestKernel.Kind, SubmissionEntries = 16, CompletionEntries = 64, DirectSlots = 2 });
        Assert.All(reads, r => Assert.True(SpinWait.SpinUntil(() => r.IsCompleted, OnLoop.Guard)));
        Assert.Equal(0, OpenDescriptors.CountOf(path));
    }

    internal static void VerifyAllSlotsFree(EventLoop loop) => Assert.Equal(loop.Engine.Slots.Count, loop.Engine.Slots.Free);

    [DllImport("libc", EntryPoint = "mkfifo", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MakeFifo([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);
}
