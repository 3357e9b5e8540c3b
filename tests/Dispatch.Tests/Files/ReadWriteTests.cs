using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace Dispatch.Tests;

/// <summary>Reads and writes of every kind.</summary>
public sealed class ReadWriteTests
{
    private static readonly FileOpenOptions Creating = new() { Mode = FileMode.Create, Access = FileAccess.ReadWrite };

    [Fact]
    public Task A_read_is_short_at_the_end_and_empty_behind_it() => LoopHost.OnLoop(async _ =>
    {
        using TempFolder folder = new();
        byte[] data = Receiving.Pattern(10_000);
        await using DispatchFile file = await DispatchFile.OpenAsync(folder.Write("file", data));
        byte[] buffer = new byte[6000];

        Assert.Equal(6000, await file.ReadAsync(buffer, 1000));
        Assert.Equal(data[1000..7000], buffer);
        Assert.Equal(4000, await file.ReadAsync(buffer, 6000));
        Assert.Equal(data[6000..], buffer[..4000]);
        Assert.Equal(0, await file.ReadAsync(buffer, 10_000));
        Assert.Equal(0, await file.ReadAsync(buffer, 1L << 40));
        Assert.Equal(0, await file.ReadAsync(Memory<byte>.Empty, 0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await file.ReadAsync(buffer, -1));
    });

    [Fact]
    public Task Offsets_beyond_four_gigabytes_are_kept() => LoopHost.OnLoop(async _ =>
    {
        const long Far = (5L << 30) + 123;
        using TempFolder folder = new();
        await using DispatchFile file = await DispatchFile.OpenAsync(folder.At("sparse"), Creating);
        await file.WriteAsync("far away"u8.ToArray(), Far);
        byte[] back = new byte[20];

        Assert.Equal(8, await file.ReadAsync(back, Far));
        Assert.Equal("far away"u8.ToArray(), back[..8]);
        FileStatus status = await file.GetStatusAsync();
        Assert.Equal(Far + 8, status.Length);
        Assert.InRange(status.AllocatedLength, 1, 1 << 20);
    });

    [Fact]
    public Task Many_requests_at_once_keep_to_their_offsets() => LoopHost.OnLoop(
        async _ =>
        {
            using TempFolder folder = new();
            await using DispatchFile file = await DispatchFile.OpenAsync(folder.At("file"), Creating);
            byte[] data = Receiving.Pattern(1 << 20);
            await Task.WhenAll(Enumerable.Range(0, 256).Select(i => file.WriteAsync(data.AsMemory(i << 12, 1 << 12), i << 12).AsTask()));
            byte[] read = new byte[data.Length];
            int[] got = await Task.WhenAll(Enumerable.Range(0, 256).Select(i => file.ReadAsync(read.AsMemory(i << 12, 1 << 12), i << 12).AsTask()));

            Assert.All(got, n => Assert.Equal(1 << 12, n));
            Assert.True(data.AsSpan().SequenceEqual(read));
            Assert.Equal(data, await File.ReadAllBytesAsync(file.Path));
        },
        o => o.SubmissionEntries = 16);

    [Fact]
    public Task Vectors_scatter_and_gather() => LoopHost.OnLoop(async _ =>
    {
        using TempFolder folder = new();
        await using DispatchFile file = await DispatchFile.OpenAsync(folder.At("file"), Creating);
        byte[] data = Receiving.Pattern(50_000);
        List<ReadOnlyMemory<byte>> pieces = [];
        int at = 0;
        while (at < data.Length)
        {
            int length = Math.Min(data.Length - at, pieces.Count % 40); // Some empty, and more than the kernel takes in one call.
            pieces.Add(data.AsMemory(at, length));
            at += length;
        }

        Assert.True(pieces.Count > 2048);
        await file.WriteAsync(pieces, 100);
        Assert.Equal(100 + data.Length, (await file.GetStatusAsync()).Length);
        Memory<byte>[] targets = [new byte[10], new byte[20_000], new byte[1], new byte[40_000]];
        int got = await file.ReadAsync(targets, 100);

        Assert.Equal(data.Length, got);
        Assert.Equal(data[..10], targets[0].ToArray());
        Assert.Equal(data[10..20_010], targets[1].ToArray());
        Assert.Equal(data[20_010..20_011], targets[2].ToArray());
        Assert.Equal(data[20_011..], targets[3][..29_989].ToArray());
        await Assert.ThrowsAsync<ArgumentException>(async () => await file.ReadAsync(Array.Empty<Memory<byte>>(), 0));
        await Assert.ThrowsAsync<ArgumentException>(async () => await file.ReadAsync(new Memory<byte>[1025], 0));
    });

    [Fact]
    public Task Appends_go_to_the_end_wherever_that_is() => LoopHost.OnLoop(async _ =>
    {
        using TempFolder folder = new();
        string path = folder.Write("log", "start;"u8.ToArray());
        await using DispatchFile first = await DispatchFile.OpenAsync(path, new FileOpenOptions { Access = FileAccess.Write });
        await using DispatchFile second = await DispatchFile.OpenAsync(path, new FileOpenOptions { Mode = FileMode.Append, Access = FileAccess.Write });
        await Task.WhenAll(Enumerable.Range(0, 200).Select(AppendAsync));
        string[] entries = (await File.ReadAllTextAsync(path)).Split(';', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("start", entries[0]);
        Assert.Equal(Enumerable.Range(0, 200), entries[1..].Select(int.Parse).Order());

        async Task AppendAsync(int i)
        {
            byte[] entry = System.Text.Encoding.ASCII.GetBytes($"{i};");
            if (i % 2 == 0)
            {
                await first.AppendAsync(entry);
            }
            else
            {
                await second.WriteAsync(entry, 0);
            }
        }
    });

    [Fact]
    public Task A_write_into_a_pipe_goes_on_after_every_short_one() => LoopHost.OnLoop(async loop =>
    {
        (SafeFileHandle read, SafeFileHandle write) = Pipe();
        DispatchFile ours = DispatchFile.Adopt(write);
        byte[] data = Receiving.Pattern(4 << 20);
        Task writing = ours.WriteAsync(data, 0).AsTask();
        byte[] received = new byte[data.Length];
        using FileStream reader = new(read, FileAccess.Read, bufferSize: 0);
        await Task.Run(() => reader.ReadExactly(received));
        await writing;

        Assert.Equal(data, received);
        await ours.CloseAsync();
        write.Dispose();
    });

    [Fact]
    public Task Closing_a_file_ends_a_read_that_waits_for_others() => LoopHost.OnLoop(async loop =>
    {
        (SafeFileHandle read, SafeFileHandle write) = Pipe();
        DispatchFile ours = DispatchFile.Adopt(read);
        Task<int> pending = ours.ReadAsync(new byte[10], 0).AsTask();
        Task<int> vector = ours.ReadAsync([new byte[10]], 0).AsTask();
        await Receiving.TurnAsync(loop, 3);

        await ours.CloseAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => vector);
        Assert.False(read.IsClosed);
        read.Dispose();
        write.Dispose();
    });

    [Fact]
    public Task Closing_a_file_lets_writes_finish() => LoopHost.OnLoop(async _ =>
    {
        using TempFolder folder = new();
        for (int round = 0; round < 20; round++)
        {
            DispatchFile file = await DispatchFile.OpenAsync(folder.At("file"), Creating);
            byte[] data = Receiving.Pattern(1 << 20, round);
            Task[] writes = [.. Enumerable.Range(0, 64).Select(i => file.WriteAsync(data.AsMemory(i << 14, 1 << 14), i << 14).AsTask())];
            await file.CloseAsync();
            Assert.All(writes, w => Assert.True(w.IsCompletedSuccessfully || !w.IsCompleted));
            await Task.WhenAll(writes);

            Assert.Equal(data, await File.ReadAllBytesAsync(folder.At("file")));
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await file.WriteAsync(data, 0));
        }
    });

    [Fact]
    public Task A_number_is_not_reused_under_writes_that_wait_for_room() => LoopHost.OnLoop(
        async _ =>
        {
            using TempFolder folder = new();
            for (int round = 0; round < 50; round++)
            {
                DispatchFile first = await DispatchFile.OpenAsync(folder.At("first"), Creating);
                Task[] writes = [.. Enumerable.Range(0, 100).Select(i => first.WriteAsync(BitConverter.GetBytes(i), i * 4).AsTask())];
                Task closing = first.CloseAsync();
                await using DispatchFile second = await DispatchFile.OpenAsync(folder.At("second"), Creating);
                await Task.WhenAll(writes);
                await closing;

                Assert.Equal(Enumerable.Range(0, 100).SelectMany(BitConverter.GetBytes), await File.ReadAllBytesAsync(folder.At("first")));
                Assert.Equal(0, (await second.GetStatusAsync()).Length);
            }
        },
        o => o.SubmissionEntries = 2);

    [Fact]
    public Task A_write_that_meets_the_size_limit_writes_what_fits_and_says_why() => ChildTest.RunAsync(typeof(ReadWriteTests), nameof(In_a_child_with_a_size_limit));

    [Fact(Explicit = true)]
    public Task In_a_child_with_a_size_limit() => LoopHost.OnLoop(async _ =>
    {
        using TempFolder folder = new();
        DispatchFile file = await DispatchFile.OpenAsync(folder.At("file"), Creating);
        byte[] data = Receiving.Pattern(100_000);
        Limits.Set(Limits.FileSize, 65_000);
        IOException e = await Assert.ThrowsAsync<IOException>(async () => await file.WriteAsync(data, 0));
        IOException vector = await Assert.ThrowsAsync<IOException>(async () => await file.WriteAsync([data.AsMemory(0, 10), data.AsMemory(10)], 0));
        Limits.Set(Limits.FileSize, ulong.MaxValue);

        Assert.Contains("EFBIG", e.Message, StringComparison.Ordinal);
        Assert.Contains("EFBIG", vector.Message, StringComparison.Ordinal);
        Assert.Equal(data[..65_000], await File.ReadAllBytesAsync(file.Path));
        await file.CloseAsync();
    });

    [Fact]
    public Task An_adopted_handle_stays_its_owners() => LoopHost.OnLoop(async loop =>
    {
        using TempFolder folder = new();
        string path = folder.Write("file", "content"u8.ToArray());
        SafeFileHandle handle = File.OpenHandle(path);
        DispatchFile file = DispatchFile.Adopt(handle);
        byte[] back = new byte[7];
        Assert.Equal(7, await file.ReadAsync(back, 0));
        await file.CloseAsync();
        Assert.Equal(7, RandomAccess.Read(handle, back, 0));

        DispatchFile again = DispatchFile.Adopt(handle);
        handle.Dispose(); // Too early: the number lives until the file is closed.
        Assert.Equal(7, await again.ReadAsync(back, 0));
        Assert.Equal(1, Descriptors.CountOf(path));
        await again.CloseAsync();
        Assert.Equal(0, Descriptors.CountOf(path));
        Assert.Throws<ObjectDisposedException>(() => DispatchFile.Adopt(handle));
    });

    [Fact]
    public Task A_forgotten_file_is_closed_by_the_collector() => LoopHost.OnLoop(async loop =>
    {
        using TempFolder folder = new();
        string path = folder.Write("file", [1]);
        for (int i = 0; i < 50; i++)
        {
            await OpenAndForgetAsync();
        }

        while (Descriptors.CountOf(path) != 0)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Receiving.TurnAsync(loop);
        }

        async Task OpenAndForgetAsync() => await (await DispatchFile.OpenAsync(path)).ReadAsync(new byte[1], 0);
    });

    private static unsafe (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, LibC.pipe(ends));
        return (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true));
    }
}
