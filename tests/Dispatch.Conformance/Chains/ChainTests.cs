namespace Dispatch.Conformance.Chains;

/// <summary>Chains with functions between the steps, and whole files: the same outcome on every kernel.</summary>
public sealed class ChainTests : KernelTests
{
    private static EventLoopOptions FewSlots => new() { SubmissionEntries = 16, CompletionEntries = 64, DirectSlots = 2 };

    [Theory]
    [EveryKernel]
    public void A_result_feeds_the_next_step_and_what_was_opened_is_closed(TestedKernel kernel) => Run(kernel, async w =>
    {
        string path = await w.File("f", [2, 7, 8, 9]);
        byte[] where = new byte[1];
        byte[] found = new byte[1];
        Chain? chain = null;
        chain = Chain.Start(IoRequest.OpenAt(path, OpenFlags.ReadOnly | OpenFlags.CloseOnExec))
            .Then(file => IoRequest.Read((int)file, where, 0))
            .Then(_ => IoRequest.Read((int)chain![0].Result, found, where[0]))
            .Finally(c => c[0].IsError ? null : IoRequest.Close((int)c[0].Result));
        for (int run = 0; run < 3; run++)
        {
            found[0] = 0;
            Assert.Equal(1, await chain.RunAsync());
            Assert.Equal((8, 0L), (found[0], chain[3].Result));
        }
    });

    [Theory]
    [EveryKernel]
    public void A_step_that_fails_or_is_cancelled_ends_the_chain_but_not_what_is_done_finally(TestedKernel kernel) => Run(kernel, async w =>
    {
        Chain failing = Chain.Start(IoRequest.Nop()).Then(IoRequest.Close(1_000_000_000)).Then(IoRequest.Nop()).Finally(_ => IoRequest.Nop());
        Assert.Equal(-Errno.EBADF, (await failing.CompleteAsync()).Result);
        Assert.Equal([0, -Errno.EBADF, -Errno.ECANCELED, 0], Enumerable.Range(0, 4).Select(i => failing[i].Result));

        (int readEnd, int writeEnd) = w.Pipe();
        using CancellationTokenSource source = new();
        Chain waiting = Chain.Start(IoRequest.Nop()).Then(IoRequest.Read(readEnd, new byte[1], -1)).Then(IoRequest.Nop()).Finally(_ => IoRequest.Nop());
        ValueTask<Completion> run = waiting.CompleteAsync(w.Loop, source.Token);
        await w.Turn(3);
        source.Cancel();
        Assert.Equal(-Errno.ECANCELED, (await run).Result);
        Assert.Equal([0, -Errno.ECANCELED, -Errno.ECANCELED, 0], Enumerable.Range(0, 4).Select(i => waiting[i].Result));
        await w.Close(readEnd, writeEnd);
    });

    [Theory]
    [EveryKernel]
    public void Whole_files_of_many_sizes_are_read_side_by_side(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            int[] sizes = [0, 1, 100, 4096, FileReads.BufferBytes - 1, FileReads.BufferBytes, FileReads.BufferBytes + 1, 50_000];
            for (int i = 0; i < sizes.Length; i++)
            {
                await w.File($"f{i}", World.Pattern(sizes[i], i));
            }

            Task[] reads = [.. Enumerable.Range(0, sizes.Length * 2).Select(n => Read(n % sizes.Length))];
            foreach (Task read in reads)
            {
                await read;
            }

            Assert.Equal(w.Loop.Engine.Slots.Count, w.Loop.Engine.Slots.Free);

            async Task Read(int i)
            {
                using (FileContent content = await Chain.ReadFileAsync(w[$"f{i}"]))
                {
                    Assert.Equal(World.Pattern(sizes[i], i), content.Memory.ToArray());
                }

                byte[] buffer = new byte[sizes[i]];
                Assert.Equal(sizes[i], await Chain.ReadFile(w[$"f{i}"]).RunAsync(buffer));
                Assert.Equal(World.Pattern(sizes[i], i), buffer);
            }
        },
        FewSlots,
        Tolerance.Any);

    [Theory]
    [EveryKernel]
    public void Short_reads_inside_a_file_are_gone_on_from(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            byte[] content = World.Pattern(5000, w.Seed);
            string path = await w.File("f", content);
            w.Faults.BytesAtMost = 700;
            using FileContent read = await Chain.ReadFileAsync(path);
            Assert.Equal(content, read.Memory.ToArray());
            Assert.NotEqual(0, w.Faults.Shortened);
        },
        FewSlots,
        Tolerance.Any);

    [Theory]
    [EveryKernel]
    public void What_cannot_be_read_whole_is_a_clear_error_and_leaves_nothing_open(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            string path = await w.File("f", new byte[200]);
            Assert.Equal(0, await w.Do(IoRequest.MakeDirectory(w["d"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)));
            await Assert.ThrowsAsync<FileNotFoundException>(async () => await Chain.ReadFileAsync(w["none"]));
            await Assert.ThrowsAsync<UnauthorizedAccessException>(async () => await Chain.ReadFileAsync(w["d"]));
            Assert.Equal(Errno.EFBIG, (await Assert.ThrowsAsync<IOException>(async () => await Chain.ReadFileAsync(path, new byte[199]))).HResult);
            Assert.Equal(200, await Chain.ReadFileAsync(path, new byte[200]));
            Assert.Equal(0, await w.Do(IoRequest.Unlink(w["d"], isDirectory: true)));
            Assert.Equal(w.Loop.Engine.Slots.Count, w.Loop.Engine.Slots.Free);
        },
        FewSlots);

    [Theory]
    [EveryKernel]
    public void A_read_of_a_file_that_is_cancelled_at_any_moment_ends_once_and_leaks_no_slot(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            string path = await w.File("f", new byte[100]);
            for (int round = 0; round < w.Rounds(50); round++)
            {
                using CancellationTokenSource source = new();
                Task<FileContent>[] reads = [.. Enumerable.Range(0, 6).Select(_ => Chain.ReadFileAsync(path, null, source.Token).AsTask())];
                await w.Turn(round % 4);
                source.Cancel();
                foreach (Task<FileContent> read in reads)
                {
                    try
                    {
                        using FileContent content = await read;
                        Assert.Equal(100, content.Length);
                    }
                    catch (OperationCanceledException)
                    {
                        Assert.True(source.IsCancellationRequested);
                    }
                }

                Assert.Equal(w.Loop.Engine.Slots.Count, w.Loop.Engine.Slots.Free);
            }
        },
        FewSlots,
        Tolerance.Any);
}
