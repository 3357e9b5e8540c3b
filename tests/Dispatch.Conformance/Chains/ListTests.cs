namespace Dispatch.Conformance.Chains;

/// <summary>Lists of requests, alone and linked: the same outcome on every kernel, whatever goes wrong beside them.</summary>
public sealed class ListTests : KernelTests
{
    private static EventLoopOptions FewSlots => new() { SubmissionEntries = 16, CompletionEntries = 64, DirectSlots = 2 };

    [Theory]
    [EveryKernel]
    public void Every_entry_of_a_list_ends_once_with_its_own_result(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            using RequestList list = new();
            for (int i = 0; i < 200; i++)
            {
                list.Add(i % 3 == 0 ? IoRequest.Close(1_000_000_000) : IoRequest.Nop());
            }

            for (int run = 0; run < 3; run++)
            {
                w.Loop.Submit(list);
                await list.WhenAllAsync();
                Assert.All(list, e => Assert.Equal(e.Index % 3 == 0 ? -Errno.EBADF : 0, e.Result));
                Assert.Equal(Enumerable.Range(0, 200), Enumerable.Range(0, 200).Select(list.EndedAt).Order());
            }
        },
        Tiny);

    [Theory]
    [EveryKernel]
    public void Requests_of_every_sort_stand_in_one_list(TestedKernel kernel) => Run(kernel, async w =>
    {
        byte[] content = World.Pattern(3000, w.Seed);
        await w.File("f", content);
        int file = await w.Open("f", OpenFlags.ReadOnly);
        (int readEnd, int writeEnd) = w.Pipe();
        byte[] first = new byte[3000];
        byte[] second = new byte[8];
        using RequestList list = new()
        {
            IoRequest.Read(file, first, 0),
            IoRequest.Read(readEnd, second, -1),
            IoRequest.MakeDirectory(w["d"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute),
            IoRequest.Nop(),
        };
        w.Loop.Submit(list);
        Assert.Equal(0, (await list[2].WaitAsync()).Result);
        Assert.False(list[1].IsCompleted);
        await w.WriteAll(writeEnd, new byte[] { 1, 2, 3 }, -1);
        Assert.InRange((await list[1].WaitAsync()).Result, 1, 3);
        await list.WhenAllAsync();
        Assert.InRange(list[0].Result, 1, 3000);
        Assert.Equal(content[..(int)list[0].Result], first[..(int)list[0].Result]);
        Assert.Equal(0, await w.Do(IoRequest.Unlink(w["d"], isDirectory: true)));
        await w.Close(file, readEnd, writeEnd);
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.CloseChainFile))]
    public void Open_read_close_are_one_chain_and_leave_nothing_open(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            byte[] content = World.Pattern(1000, w.Seed);
            string path = await w.File("f", content);
            using RequestList list = new();
            byte[][] buffers = [.. Enumerable.Range(0, 12).Select(_ => new byte[1000])];
            foreach (byte[] buffer in buffers)
            {
                list.Add(IoRequest.OpenAt(path, OpenFlags.ReadOnly | OpenFlags.CloseOnExec).AsChainFile().Link());
                list.Add(IoRequest.Read(Descriptor.ChainFile, buffer, 0).HardLink());
                list.Add(IoRequest.CloseChainFile());
            }

            for (int run = 0; run < 3; run++)
            {
                w.Loop.Submit(list);
                await list.WhenAllAsync();
                for (int i = 0; i < buffers.Length; i++)
                {
                    Assert.Equal(0, list[i * 3].Result);
                    int count = (int)list[(i * 3) + 1].Result;
                    Assert.InRange(count, 1, 1000);
                    Assert.Equal(content[..count], buffers[i][..count]);
                    Assert.Equal(0, list[(i * 3) + 2].Result);
                }

                Assert.Equal(w.Loop.Engine.Slots.Count, w.Loop.Engine.Slots.Free);
            }
        },
        FewSlots,
        Tolerance.OnlyGivenQueues);

    [Theory]
    [EveryKernel]
    public void A_chain_that_breaks_closes_its_file_and_says_of_each_step_why(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            string path = await w.File("f", [1, 2, 3]);
            using RequestList list = new()
            {
                IoRequest.OpenAt(path, OpenFlags.ReadOnly).AsChainFile().Link(),
                IoRequest.Read(Descriptor.ChainFile, new byte[8], 0).Link(), // Short: it breaks the chain.
                IoRequest.CloseChainFile(),
                IoRequest.OpenAt(w["none"], OpenFlags.ReadOnly).AsChainFile().Link(),
                IoRequest.Read(Descriptor.ChainFile, new byte[8], 0).HardLink(),
                IoRequest.CloseChainFile(),
                IoRequest.OpenAt(path, OpenFlags.ReadOnly).AsChainFile().Link(),
                IoRequest.Write(Descriptor.ChainFile, new byte[8], 0).HardLink(), // Open for reading.
                IoRequest.CloseChainFile(),
            };
            for (int run = 0; run < 3; run++)
            {
                w.Loop.Submit(list);
                await list.WhenAllAsync();
                Assert.InRange(list[1].Result, 1, 3);
                Assert.Equal([0, list[1].Result, -Errno.ECANCELED, -Errno.ENOENT, -Errno.ECANCELED, -Errno.ECANCELED, 0, -Errno.EBADF, 0], list.Select(e => e.Result));
                Assert.Equal(w.Loop.Engine.Slots.Count, w.Loop.Engine.Slots.Free);
            }
        },
        FewSlots,
        Tolerance.OnlyGivenQueues);

    [Theory]
    [EveryKernel]
    public void A_cancel_of_any_step_ends_the_whole_chain_and_no_other(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            string path = await w.File("f", [1]);
            (int readEnd, int writeEnd) = w.Pipe();
            for (int step = 0; step < 4; step++)
            {
                using RequestList list = new()
                {
                    IoRequest.OpenAt(path, OpenFlags.ReadOnly).AsChainFile().Link(),
                    IoRequest.Read(readEnd, new byte[8], -1).Link(),
                    IoRequest.Read(readEnd, new byte[8], -1).HardLink(),
                    IoRequest.CloseChainFile(),
                    IoRequest.Poll(readEnd, PollEvents.Readable),
                };
                w.Loop.Submit(list);
                await list[0].WaitAsync();
                await w.Turn(3);
                list[step].Cancel();
                await list[3].WaitAsync();
                Assert.Equal([0, -Errno.ECANCELED, -Errno.ECANCELED, -Errno.ECANCELED], list.Take(4).Select(e => e.Result));
                Assert.False(list[4].IsCompleted);
                list.Cancel();
                await list.WhenAllAsync();
                Assert.Equal(-Errno.ECANCELED, list[4].Result);
                Assert.Equal(w.Loop.Engine.Slots.Count, w.Loop.Engine.Slots.Free);
            }

            await w.Close(readEnd, writeEnd);
        },
        FewSlots,
        Tolerance.OnlyGivenQueues);

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.LinkTimeout))]
    public void A_linked_timeout_limits_the_step_before_it(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            (int readEnd, int writeEnd) = w.Pipe();
            using RequestList list = new()
            {
                IoRequest.Read(readEnd, new byte[1], -1).Link(),
                IoRequest.LinkTimeout(TimeSpan.FromMilliseconds(1)).Link(),
                IoRequest.Nop(),
            };
            w.Loop.Submit(list);
            await list.WhenAllAsync();
            Assert.Equal([-Errno.ECANCELED, -Errno.ETIME, -Errno.ECANCELED], list.Select(e => e.Result));
            await w.WriteAll(writeEnd, new byte[] { 1 }, -1);
            list.Replace(1, IoRequest.LinkTimeout(TimeSpan.FromDays(1)).Link());
            w.Loop.Submit(list);
            await list.WhenAllAsync();
            Assert.Equal([1, -Errno.ECANCELED, 0], list.Select(e => e.Result));
            await w.Close(readEnd, writeEnd);
        },
        tolerates: Tolerance.OnlyGivenQueues);

    [Theory]
    [EveryKernel]
    public void A_chain_is_never_split_however_little_room_the_ring_has(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            for (int before = 0; before < w.Rounds(12); before++)
            {
                using RequestList list = new();
                for (int i = 0; i < before; i++)
                {
                    list.Add(IoRequest.Nop());
                }

                for (int chain = 0; chain < 9; chain++)
                {
                    list.Add(IoRequest.Close(1_000_000_000).Link()); // It fails: a step behind it that ran would show.
                    list.Add(IoRequest.Nop().Link());
                    list.Add(IoRequest.Nop());
                }

                w.Loop.Submit(list);
                await list.WhenAllAsync();
                Assert.All(list, e => Assert.Equal(e.Index < before ? 0 : (e.Index - before) % 3 == 0 ? -Errno.EBADF : -Errno.ECANCELED, e.Result));
            }
        },
        Tiny,
        Tolerance.OnlyGivenQueues);

    [Theory]
    [EveryKernel]
    public void A_chain_that_the_kernel_cuts_in_a_partial_submit_ends_as_one(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            await w.Turn();
            string path = await w.File("f", [1, 2]);
            using RequestList list = new();
            for (int step = 0; step < 7; step++)
            {
                list.Add(step == 0 ? IoRequest.Close(1_000_000_000).Link() : step < 6 ? IoRequest.Nop().Link() : IoRequest.Nop());
            }

            w.Faults.SubmitAtMost = 3;
            w.Loop.Submit(list);
            await list.WhenAllAsync();
            Assert.NotEqual(0, w.Faults.Partial);
            Assert.All(list, e => Assert.Equal(e.Index == 0 ? -Errno.EBADF : -Errno.ECANCELED, e.Result));
            try
            {
                await Chain.ReadFileAsync(path, new byte[10]); // Open and two steps; the close never reaches the kernel.
            }
            catch (OperationCanceledException)
            {
            }

            w.Faults.SubmitAtMost = 0;
            Assert.Equal(w.Loop.Engine.Slots.Count, w.Loop.Engine.Slots.Free);
            Assert.Equal(2, await Chain.ReadFileAsync(path, new byte[10]));
        },
        tolerates: Tolerance.OnlyGivenQueues);

    [Theory]
    [EveryKernel]
    public void A_loop_that_ends_ends_its_lists_and_keeps_no_file_of_a_chain_open(TestedKernel kernel) => Poll(
        kernel,
        w =>
        {
            string path = string.Empty;
            w.Drive(async () => path = await w.File("f", [1]));
            (int readEnd, int writeEnd) = w.Pipe();
            using RequestList list = new();
            for (int i = 0; i < 5; i++)
            {
                list.Add(IoRequest.OpenAt(path, OpenFlags.ReadOnly).AsChainFile().Link());
                list.Add(IoRequest.Read(readEnd, new byte[1], -1).Link());
                list.Add(IoRequest.CloseChainFile());
            }

            w.Loop.Submit(list);
            w.Until(() => list[0].IsCompleted);
            w.Restart();
            Assert.All(list, e => Assert.True(e.IsCompleted));
            Assert.Equal([-Errno.ECANCELED, -Errno.ECANCELED], list.Skip(1).Take(2).Select(e => e.Result));
            w.Drive(() => w.Close(readEnd, writeEnd));
        },
        FewSlots,
        Tolerance.OnlyGivenQueues);
}
