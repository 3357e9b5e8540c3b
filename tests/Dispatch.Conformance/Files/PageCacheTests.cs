namespace Dispatch.Conformance.Files;

/// <summary>What is in the page cache is read at once, what is not is not, and can be brought there.</summary>
public sealed class PageCacheTests : KernelTests
{
    private const int Size = 300_000; // Some windows of a readahead, and an end inside a page.

    [Theory]
    [EveryKernel]
    public void What_was_just_written_or_read_is_read_without_the_ring(TestedKernel kernel) => Run(kernel, async w =>
    {
        byte[] content = World.Pattern(Size, w.Seed);
        await using DispatchFile file = await OpenAsync(w, content);
        byte[] buffer = new byte[5000];
        long completions = w.Loop.Statistics.Completions;

        Assert.True(file.TryReadCached(buffer, 1234, out int count));
        Assert.Equal(5000, count);
        Assert.Equal(content[1234..6234], buffer);
        Assert.True(file.TryReadCached(buffer, Size - 100, out count));
        Assert.Equal(100, count);
        Assert.Equal(content[^100..], buffer[..100]);
        Assert.Equal(content[6134..6234], buffer[4900..]);
        Assert.Equal(completions, w.Loop.Statistics.Completions);
    });

    [Theory]
    [EveryKernel]
    public void The_end_of_the_file_is_an_answer_and_no_miss(TestedKernel kernel) => Run(kernel, async w =>
    {
        await using DispatchFile file = await OpenAsync(w, World.Pattern(Size));
        await DropAsync(w, file);

        Assert.True(file.TryReadCached(new byte[10], Size, out int count));
        Assert.Equal(0, count);
        Assert.True(file.TryReadCached(new byte[10], long.MaxValue - 100, out count));
        Assert.Equal(0, count);
        Assert.True(file.ReadaheadAsync(Size, long.MaxValue).IsCompletedSuccessfully);
        Assert.True(file.ReadaheadAsync(0, 0).IsCompletedSuccessfully);
    });

    [Theory]
    [EveryKernel]
    public void What_was_dropped_is_not_read_without_waiting_and_is_after_a_readahead(TestedKernel kernel) => Run(kernel, async w =>
    {
        byte[] content = World.Pattern(Size, w.Seed);
        await using DispatchFile file = await OpenAsync(w, content);
        byte[] buffer = new byte[Size];
        await DropAsync(w, file);

        await file.ReadaheadAsync(10_000, 250_000);
        Assert.True(file.TryReadCached(buffer.AsSpan(0, 250_000), 10_000, out int count));
        Assert.Equal(250_000, count);
        Assert.Equal(content[10_000..260_000], buffer[..250_000]);
        Assert.True(file.ReadaheadAsync(10_000, 250_000).IsCompletedSuccessfully);

        await file.ReadaheadAsync(0, long.MaxValue);
        Assert.True(file.TryReadCached(buffer, 0, out count));
        Assert.Equal(Size, count);
        Assert.Equal(content, buffer);
    });

    [Theory]
    [EveryKernel]
    public void A_request_that_may_not_wait_fails_where_nothing_is_there(TestedKernel kernel) => Run(kernel, async w =>
    {
        byte[] content = World.Pattern(Size, w.Seed);
        await using DispatchFile file = await OpenAsync(w, content);
        byte[] buffer = new byte[4096];
        Assert.Equal(4096, await w.Do(IoRequest.Read(file, buffer, 8192, ReadWriteFlags.NoWait)));
        Assert.Equal(content[8192..12_288], buffer);

        await DropAsync(w, file);
        Assert.Equal(-Errno.EAGAIN, await w.Do(IoRequest.Read(file, buffer, 8192, ReadWriteFlags.NoWait)));
        Assert.Equal(4096, await w.Do(IoRequest.Read(file, buffer, 8192)));
        Assert.Equal(4096, await w.Do(IoRequest.Read(file, buffer, 8192, ReadWriteFlags.NoWait)));
    });

    [Theory]
    [EveryKernel]
    public void Reads_that_try_the_cache_first_bring_the_file_whatever_is_dropped_meanwhile(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            byte[] content = World.Pattern(Size, w.Seed);
            await using DispatchFile file = await OpenAsync(w, content);
            byte[] all = new byte[Size];
            int done = 0;
            while (done < Size)
            {
                int length = Math.Min(10_000, Size - done);
                if (!file.TryReadCached(all.AsSpan(done, length), done, out int count))
                {
                    count = await file.ReadAsync(all.AsMemory(done, length), done);
                }

                Assert.InRange(count, 1, length);
                done += count;
                if (done / 50_000 != (done - count) / 50_000)
                {
                    await file.AdviseAsync(FileAdvice.DontNeed);
                }
            }

            Assert.Equal(content, all);
            await file.ReadaheadAsync(0, Size);
        },
        tolerates: Tolerance.Partial);

    [Theory]
    [EveryKernel]
    public void What_has_no_pages_is_an_error_and_stays_unread(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("f", World.Pattern(10));
        await using DispatchFile writeOnly = await DispatchFile.OpenAsync(w["f"], new FileOpenOptions { Access = FileAccess.Write }, w.Loop);
        Assert.Throws<UnauthorizedAccessException>(() => writeOnly.TryReadCached(new byte[10], 0, out _));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(async () => await writeOnly.ReadaheadAsync(0, 10));

        (int read, int write) = w.Pipe();
        DispatchFile pipe = new(w.Loop.Engine, new OwnedDescriptor(read, w.Loop.Engine.Ring.Calls), "a pipe", null);
        Assert.Equal(3, await w.Do(IoRequest.Write(write, new byte[3], -1)));
        Assert.Equal(Errno.ESPIPE, Assert.Throws<IOException>(() => pipe.TryReadCached(new byte[3], 0, out _)).HResult);
        await Assert.ThrowsAsync<IOException>(async () => await pipe.ReadaheadAsync(0, 3));
        Assert.Equal(3, await pipe.ReadAsync(new byte[3], 0));
        await pipe.DisposeAsync();
        await w.Close(write);
    });

    [Theory]
    [EveryKernel]
    public void A_cancelled_readahead_ends_and_the_next_one_does_its_work(TestedKernel kernel) => Run(kernel, async w =>
    {
        await using DispatchFile file = await OpenAsync(w, World.Pattern(Size));
        await DropAsync(w, file);
        using CancellationTokenSource source = new();
        Task readahead = file.ReadaheadAsync(0, Size, source.Token).AsTask();
        source.Cancel();
        try
        {
            await readahead;
        }
        catch (OperationCanceledException e)
        {
            Assert.Equal(source.Token, e.CancellationToken);
        }

        await file.ReadaheadAsync(0, Size);
        Assert.True(file.ReadaheadAsync(0, Size, source.Token).IsCanceled); // Although it is all there.
        Assert.True(file.TryReadCached(new byte[Size], 0, out int count));
        Assert.Equal(Size, count);
    });

    [Theory]
    [EveryKernel]
    public void A_readahead_on_a_file_that_is_closed_ends_with_it(TestedKernel kernel) => Run(kernel, async w =>
    {
        DispatchFile file = await OpenAsync(w, World.Pattern(Size));
        await DropAsync(w, file);
        Task readahead = file.ReadaheadAsync(0, Size).AsTask();
        await file.CloseAsync();
        Exception? ending = await Record.ExceptionAsync(() => readahead);
        Assert.True(ending is null or OperationCanceledException or ObjectDisposedException, ending?.ToString());
        Assert.Throws<ObjectDisposedException>(() => file.TryReadCached(new byte[1], 0, out _));
        Assert.Throws<ObjectDisposedException>(() => { _ = file.ReadaheadAsync(0, 1); });
    });

    [Theory]
    [EveryKernel]
    public void Direct_files_have_nothing_to_do_with_the_cache(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("f", World.Pattern(8192));
        await using DispatchFile file = await DispatchFile.OpenAsync(w["f"], new FileOpenOptions { Direct = true }, w.Loop);
        using AlignedMemory memory = AlignedMemory.Allocate(4096);
        Assert.False(file.TryReadCached(memory.GetSpan(), 0, out int count));
        Assert.Equal(0, count);
        Assert.Contains("direct", Assert.Throws<InvalidOperationException>(() => { _ = file.ReadaheadAsync(0, 1); }).Message, StringComparison.Ordinal);
    });

    private static async Task<DispatchFile> OpenAsync(World w, byte[] content)
    {
        await w.File("f", content);
        DispatchFile file = await DispatchFile.OpenAsync(w["f"], new FileOpenOptions { Access = FileAccess.ReadWrite }, w.Loop);
        await file.AdviseAsync(FileAdvice.Random); // A miss begins to read: what was asked for, and nothing beside it.
        return file;
    }

    /// <summary>Drops the file from the page cache. A kernel keeps pages that it is busy with, so that it is asked until they are gone.</summary>
    private static async Task DropAsync(World w, DispatchFile file)
    {
        await file.FlushAsync();
        byte[] one = new byte[1];
        bool there;
        do
        {
            await file.AdviseAsync(FileAdvice.DontNeed);
            there = false;
            for (int offset = 0; offset < Size && !there; offset += 65_536)
            {
                there = await w.Do(IoRequest.Read(file, one, offset, ReadWriteFlags.NoWait)) == 1;
            }
        }
        while (there);
    }
}
