using Dispatch.Tests.Kernel;

namespace Dispatch.Tests;

/// <summary>Reads of what is in the page cache, and readahead, held against what mincore says; and opens of what is in no cache.</summary>
public sealed class PageCacheTests
{
    private const int Size = 4 << 20;

    [Fact]
    public void A_readahead_ends_when_all_of_it_is_in_memory() => OnLoop.Run(async loop =>
    {
        using TempFolder folder = new();
        string path = folder.Write("file", Receiving.Pattern(Size));
        await using DispatchFile file = await DispatchFile.OpenAsync(path);
        for (int round = 0; round < 10; round++)
        {
            Residency.Drop(path);
            ValueTask readahead = file.ReadaheadAsync(0, Size);
            Assert.False(readahead.IsCompleted);
            await readahead;
            Assert.Equal(Size / Environment.SystemPageSize, Residency.PagesOf(path).All);
            Assert.True(loop.IsOwner);
        }
    });

    [Fact]
    public void A_readahead_of_what_is_there_is_completed_at_once_and_allocates_nothing() => OnLoop.Run(async loop =>
    {
        using TempFolder folder = new();
        string path = folder.Write("file", Receiving.Pattern(Size));
        await using DispatchFile file = await DispatchFile.OpenAsync(path);
        await file.ReadaheadAsync(0, long.MaxValue);
        int count = Size / Environment.SystemPageSize;
        long submitted = loop.Statistics.Completions;
        Assert.True(file.ReadaheadAsync(0, Size).IsCompletedSuccessfully);
        Assert.Equal(0, LeastAllocated(i => Assert.True(file.ReadaheadAsync((i % 100) * 4096, 1 << 20).IsCompletedSuccessfully), 100));
        Assert.Equal(submitted, loop.Statistics.Completions);
        Assert.Equal(count, Residency.PagesOf(path).All);
    });

    [Fact]
    public void A_range_longer_than_what_is_looked_at_in_one_turn_is_brought_whole() => OnLoop.Run(async _ =>
    {
        using TempFolder folder = new();
        string path = folder.Write("file", new byte[(20 << 20) + 1]);
        await using DispatchFile file = await DispatchFile.OpenAsync(path);
        await file.ReadaheadAsync(0, long.MaxValue);
        ValueTask again = file.ReadaheadAsync(0, 20 << 20);
        Assert.False(again.IsCompleted);
        await again;
        Residency.Drop(path, 17 << 20);
        await file.ReadaheadAsync(1, long.MaxValue - 1);
        Assert.Equal(((20 << 20) / Environment.SystemPageSize) + 1, Residency.PagesOf(path).All);
    });

    [Fact]
    public void A_file_that_is_cut_short_while_it_is_read_ahead_ends_the_readahead() => OnLoop.Run(async _ =>
    {
        using TempFolder folder = new();
        string path = folder.Write("file", new byte[Size]);
        await using DispatchFile file = await DispatchFile.OpenAsync(path);
        Residency.Drop(path);
        ValueTask readahead = file.ReadaheadAsync(0, Size);
        File.WriteAllBytes(path, new byte[10]);
        await readahead;
        Assert.Equal(1, Residency.PagesOf(path).All);
    });

    [Fact]
    public void A_cached_read_brings_what_is_there_up_to_the_first_page_that_is_not() => OnLoop.Run(async _ =>
    {
        using TempFolder folder = new();
        byte[] content = Receiving.Pattern(Size);
        string path = folder.Write("file", content);
        await using DispatchFile file = await DispatchFile.OpenAsync(path);
        byte[] buffer = new byte[Size];
        Assert.True(file.TryReadCached(buffer, 0, out int count));
        Assert.Equal(Size, count);

        Residency.Drop(path, Size / 2);
        int there = Residency.PagesOf(path).Prefix * Environment.SystemPageSize;
        buffer.AsSpan().Clear();
        Assert.True(file.TryReadCached(buffer, 1000, out count));
        Assert.Equal(there - 1000, count);
        Assert.Equal(content.AsSpan(1000, count), buffer.AsSpan(0, count));
        Assert.All(buffer[count..], b => Assert.Equal(0, b));

        Residency.Drop(path);
        Assert.False(file.TryReadCached(buffer, 0, out count));
        Assert.Equal(0, count);
    });

    [Fact]
    public void A_cached_read_allocates_nothing_and_submits_nothing() => OnLoop.Run(async loop =>
    {
        using TempFolder folder = new();
        await using DispatchFile file = await DispatchFile.OpenAsync(folder.Write("file", Receiving.Pattern(100_000)));
        byte[] buffer = new byte[4096];
        Assert.True(file.TryReadCached(buffer, 0, out _));
        long enters = loop.Statistics.Enters;
        Assert.Equal(0, LeastAllocated(i => _ = file.TryReadCached(buffer, i, out _), 10_000));
        Assert.Equal(enters, loop.Statistics.Enters);
    });

    [Theory]
    [InlineData("/proc/self/status")]
    [InlineData("/dev/shm")]
    public void Where_the_file_system_cannot_say_a_cached_read_is_a_miss_and_a_readahead_ends(string place) => OnLoop.Run(async _ =>
    {
        bool inMemory = place == "/dev/shm";
        string path = inMemory ? Path.Combine(place, $"dispatch-{Guid.NewGuid():n}") : place;
        Assert.SkipWhen(inMemory && !Directory.Exists(place), "There is no /dev/shm.");
        if (inMemory)
        {
            File.WriteAllText(path, "content");
        }

        try
        {
            await using DispatchFile file = await DispatchFile.OpenAsync(path);
            byte[] buffer = new byte[7];
            Assert.False(file.TryReadCached(buffer, 0, out int count));
            Assert.Equal(0, count);
            await file.ReadaheadAsync(0, 7);
            Assert.Equal(7, await file.ReadAsync(buffer, 0));
        }
        finally
        {
            if (inMemory)
            {
                File.Delete(path);
            }
        }
    });

    [Fact]
    public Task A_readahead_may_be_asked_for_from_any_thread_and_a_cached_read_only_by_the_owner() => LoopHost.Beside(async loop =>
    {
        using TempFolder folder = new();
        string path = folder.Write("file", Receiving.Pattern(Size));
        await using DispatchFile file = await DispatchFile.OpenAsync(path, null, loop);
        Residency.Drop(path);
        await file.ReadaheadAsync(0, Size);
        Assert.Equal(Size / Environment.SystemPageSize, Residency.PagesOf(path).All);
        Assert.Throws<InvalidOperationException>(() => file.TryReadCached(new byte[1], 0, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = file.ReadaheadAsync(-1, 1); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = file.ReadaheadAsync(0, -1); });
    });

    [Fact]
    public void An_adopted_handle_that_is_direct_is_not_read_by_its_owner_waiting() => OnLoop.Run(async loop =>
    {
        using TempFolder folder = new();
        string path = folder.Write("file", Receiving.Pattern(8192));
        int number = await loop.ExecuteAsync(IoRequest.OpenAt(path, OpenFlags.ReadOnly | (OpenFlags)ProcessorFlags.Direct));
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = new(number, ownsHandle: true);
        await using DispatchFile file = DispatchFile.Adopt(handle);
        using AlignedMemory memory = AlignedMemory.Allocate(4096);
        Assert.False(file.TryReadCached(memory.GetSpan(), 0, out _));
    });

    /// <summary>A name under /proc is in no cache before it is looked up for the first time, and is there: the ring has to send the open to a worker, which shows as a thread of the process.</summary>
    [Fact]
    public void An_open_of_a_path_that_is_in_no_cache_is_made_by_a_worker_while_the_loop_goes_on() => OnLoop.Run(async loop =>
    {
        TestKernel.OnlyIoUring("all opens are made by workers there.");
        int owner = Native.ThreadId();
        using TempFolder folder = new();
        string path = folder.Write("file", [1]);
        await (await DispatchFile.OpenAsync(path)).DisposeAsync();
        Assert.Empty(WorkersOf(owner)); // That was cached, and so opened at the submit.

        Task<DispatchFile> opening = DispatchFile.OpenAsync($"/proc/self/task/{owner}/oom_score_adj");
        Assert.False(opening.IsCompleted);
        for (int i = 0; i < 100; i++)
        {
            await loop.ExecuteAsync(IoRequest.Nop());
        }

        await using DispatchFile opened = await opening;
        Assert.NotEmpty(WorkersOf(owner));
    });

    /// <summary>What some rounds of work allocated at the least: a collection in another thread takes what is left of this one's block, and it counts as allocated.</summary>
    private static long LeastAllocated(Action<int> work, int count)
    {
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < count; i++)
            {
                work(i);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    private static IEnumerable<string> WorkersOf(int owner) => Directory.GetDirectories("/proc/self/task")
        .Select(task => Path.Combine(task, "comm"))
        .Where(File.Exists)
        .Select(File.ReadAllText)
        .Where(name => name.StartsWith($"iou-wrk-{owner}", StringComparison.Ordinal));
}
