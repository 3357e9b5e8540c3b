namespace Dispatch.Tests;

/// <summary>Linked requests of a list: in one enter, each reported once, no slot leaked.</summary>
public sealed class ListChainTests
{
    private static EventLoopOptions FewSlots => new() { Kernel = TestKernel.Kind, SubmissionEntries = 16, CompletionEntries = 64, DirectSlots = 2 };

    [Fact]
    public void Open_read_close_go_through_a_slot() => OnLoop.Run(async loop =>
    {
        using TempFolder folder = new();
        string path = folder.Write("f", [1, 2, 3, 4, 5]);
        byte[] buffer = new byte[8];
        using RequestList list = Reading(path, buffer);
        for (int i = 0; i < 3; i++)
        {
            Array.Clear(buffer);
            loop.Submit(list);
            await list.WhenAllAsync();
            Assert.Equal([0L, 5, 0], list.Select(e => e.Result));
            Assert.Equal([1, 2, 3, 4, 5, 0, 0, 0], buffer);
            FileChainTests.VerifyAllSlotsFree(loop);
        }

        Assert.Equal(0, OpenDescriptors.CountOf(path));
    });

    [Fact]
    public void A_chain_whose_own_close_does_not_run_leaks_no_slot() => OnLoop.Run(
        async loop =>
        {
            using TempFolder folder = new();
            string path = folder.Write("f", [1, 2, 3]);
            byte[] buffer = new byte[8];
            using RequestList soft = new()
            {
                IoRequest.OpenAt(path, OpenFlags.ReadOnly).AsChainFile().Link(),
                IoRequest.Read(Descriptor.ChainFile, buffer, 0).Link(), // Short: it breaks the chain.
                IoRequest.CloseChainFile(),
            };
            using RequestList none = new()
            {
                IoRequest.OpenAt(path, OpenFlags.ReadOnly).AsChainFile().Link(),
                IoRequest.Read(Descriptor.ChainFile, buffer, 0),
            };
            using RequestList failing = Reading(folder.At("none"), buffer);
            for (int i = 0; i < 5; i++)
            {
                loop.Submit(soft);
                loop.Submit(none);
                loop.Submit(failing);
                await soft.WhenAllAsync();
                await none.WhenAllAsync();
                await failing.WhenAllAsync();
                Assert.Equal([0L, 3, -Errno.ECANCELED], soft.Select(e => e.Result));
                Assert.Equal([0L, 3], none.Select(e => e.Result));
                Assert.Equal([-Errno.ENOENT, -Errno.ECANCELED, -Errno.ECANCELED], failing.Select(e => e.Result));
                FileChainTests.VerifyAllSlotsFree(loop);
            }

            Assert.Equal(0, OpenDescriptors.CountOf(path));
        },
        FewSlots);

    [Fact]
    public void A_file_that_a_broken_chain_left_in_its_slot_is_let_go_of() => OnLoop.Run(
        async loop =>
        {
            using TestPipe pipe = new();
            using RequestList list = new()
            {
                IoRequest.OpenAt($"/proc/self/fd/{pipe.WriteEnd}", OpenFlags.WriteOnly).AsChainFile().Link(),
                IoRequest.Close(1_000_000).Link(),
                IoRequest.CloseChainFile(),
            };
            loop.Submit(list);
            await list.WhenAllAsync();
            Assert.Equal([0L, -Errno.EBADF, -Errno.ECANCELED], list.Select(e => e.Result));
            pipe.CloseWriteEnd();

            // The end of the pipe comes when nobody has it open for writing any more, in a slot neither; that one is in no list of descriptors.
            Assert.Equal(0, await loop.ExecuteAsync(IoRequest.Read(pipe.ReadEnd, new byte[1], -1).WithDeadline(OnLoop.Guard / 6)));
        },
        FewSlots);

    [Fact]
    public void Chains_of_one_list_that_find_no_slot_wait_for_one() => OnLoop.Run(
        async loop =>
        {
            using TempFolder folder = new();
            string path = folder.Write("f", [9]);
            byte[] buffer = new byte[100];
            using RequestList list = new();
            for (int i = 0; i < 20; i++)
            {
                list.Add(IoRequest.OpenAt(path, OpenFlags.ReadOnly).AsChainFile().Link());
                list.Add(IoRequest.Read(Descriptor.ChainFile, buffer.AsMemory(i, 1), 0).HardLink());
                list.Add(IoRequest.CloseChainFile());
            }

            loop.Submit(list);
            Assert.Equal(18, loop.Engine.Slots.Waiting);
            await list.WhenAllAsync();
            Assert.All(buffer[..20], b => Assert.Equal(9, b));
            Assert.All(list, e => Assert.Equal(e.Index % 3 == 1 ? 1 : 0, e.Result));
            FileChainTests.VerifyAllSlotsFree(loop);
        },
        FewSlots);

    [Fact]
    public void A_chain_that_waits_for_a_slot_is_cancelled_like_any_other() => OnLoop.Run(
        async loop =>
        {
            using TestPipe pipe = new();
            using TempFolder folder = new();
            string path = folder.Write("f", [9]);
            using RequestList holding = new();
            for (int i = 0; i < 2; i++)
            {
                holding.Add(IoRequest.OpenAt(path, OpenFlags.ReadOnly).AsChainFile().Link());
                holding.Add(IoRequest.Read(pipe.ReadEnd, new byte[1], -1).HardLink());
                holding.Add(IoRequest.CloseChainFile());
            }

            using RequestList waiting = Reading(path, new byte[1]);
            loop.Submit(holding);
            loop.Submit(waiting);
            await loop.ExecuteAsync(IoRequest.Nop());
            waiting[2].Cancel();
            await waiting.WhenAllAsync();
            Assert.All(waiting, e => Assert.Equal(-Errno.ECANCELED, e.Result));
            Assert.False(holding.IsCompleted);
            holding[2].Cancel();
            holding[3].Cancel();
            await holding.WhenAllAsync();
            Assert.Equal([0L, -Errno.ECANCELED, 0, 0, -Errno.ECANCELED, 0], holding.Select(e => e.Result));
            FileChainTests.VerifyAllSlotsFree(loop);
            loop.Submit(waiting);
            await waiting.WhenAllAsync();
            Assert.Equal([0L, 1, 0], waiting.Select(e => e.Result));
        },
        FewSlots);

    [Fact]
    public void Cancelling_a_later_step_cancels_the_chain() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        using RequestList list = new()
        {
            IoRequest.Read(pipe.ReadEnd, new byte[8], -1).Link(),
            IoRequest.Nop().Link(),
            IoRequest.Nop(),
            IoRequest.Read(pipe.ReadEnd, new byte[8], -1).HardLink(),
            IoRequest.Read(pipe.ReadEnd, new byte[8], -1),
        };
        loop.Submit(list);
        await loop.ExecuteAsync(IoRequest.Nop());
        list[2].Cancel();
        Assert.Equal(-Errno.ECANCELED, (await list[2].WaitAsync()).Result);
        Assert.Equal([-Errno.ECANCELED, -Errno.ECANCELED], list.Take(2).Select(e => e.Result));
        Assert.False(list[3].IsCompleted);
        list[4].Cancel();
        await list.WhenAllAsync();
        Assert.Equal([-Errno.ECANCELED, -Errno.ECANCELED], list.Skip(3).Select(e => e.Result));
    });

    [Fact]
    public void A_linked_timeout_cancels_its_step_and_the_rest() => OnLoop.Run(async loop =>
    {
        using TestPipe pipe = new();
        using RequestList list = new()
        {
            IoRequest.Read(pipe.ReadEnd, new byte[1], -1).Link(),
            IoRequest.LinkTimeout(TimeSpan.FromMilliseconds(1)).Link(),
            IoRequest.Nop(),
        };
        loop.Submit(list);
        await list.WhenAllAsync();
        Assert.Equal([-Errno.ECANCELED, -Errno.ETIME, -Errno.ECANCELED], list.Select(e => e.Result));
        list.Replace(1, IoRequest.LinkTimeout(TimeSpan.FromDays(1)).Link());
        pipe.Write([1]);
        loop.Submit(list);
        await list.WhenAllAsync();
        Assert.Equal([1, -Errno.ECANCELED, 0], list.Select(e => e.Result));
    });

    [Fact]
    public void A_chain_that_finds_little_room_in_the_ring_is_not_split() => OnLoop.Run(
        async loop =>
        {
            // The ring has 16 places. Chains of 5 behind 1, 2, … requests meet its end at every step; the head fails, so that any step behind it that ran would show.
            for (int before = 0; before < 40; before++)
            {
                using RequestList list = ListTests.Nops(before);
                for (int chain = 0; chain < 7; chain++)
                {
                    list.Add(IoRequest.Close(1_000_000).Link());
                    for (int step = 0; step < 3; step++)
                    {
                        list.Add(IoRequest.Nop().Link());
                    }

                    list.Add(IoRequest.Nop());
                }

                loop.Submit(list);
                await list.WhenAllAsync();
                Assert.All(list, e => Assert.Equal(e.Index < before ? 0 : (e.Index - before) % 5 == 0 ? -Errno.EBADF : -Errno.ECANCELED, e.Result));
            }
        },
        FewSlots);

    [Fact]
    public void Direct_reads_do_not_make_an_enter_in_the_middle_of_a_chain() => OnLoop.Run(async loop =>
    {
        using TempFolder folder = new();
        string path = folder.Write("f", new byte[65536]);
        await using DispatchFile file = await DispatchFile.OpenAsync(path, new FileOpenOptions { Direct = true });
        using AlignedMemory memory = AlignedMemory.Allocate(4096);
        using RequestList list = new() { IoRequest.Close(1_000_000).Link() };
        for (int i = 0; i < 10; i++)
        {
            list.Add(IoRequest.Read(file, memory.Memory, 0).Link());
        }

        list.Add(IoRequest.Nop());
        loop.Submit(list);
        await list.WhenAllAsync();
        Assert.Equal(-Errno.EBADF, list[0].Result);
        Assert.All(list.Skip(1), e => Assert.Equal(-Errno.ECANCELED, e.Result));
    });

    [Fact]
    public void A_loop_that_ends_in_the_middle_of_chains_reports_every_step_and_keeps_no_file_open()
    {
        using TestPipe pipe = new();
        using TempFolder folder = new();
        string path = folder.Write("f", [9]);
        using RequestList list = new();
        for (int i = 0; i < 5; i++)
        {
            list.Add(IoRequest.OpenAt(path, OpenFlags.ReadOnly).AsChainFile().Link());
            list.Add(IoRequest.Read(pipe.ReadEnd, new byte[1], -1).Link());
            list.Add(IoRequest.CloseChainFile());
        }

        OnLoop.Poll(
            loop =>
            {
                loop.Submit(list);
                OnLoop.Until(loop, () => list[0].IsCompleted);
            },
            FewSlots);
        Assert.All(list, e => Assert.True(e.IsCompleted));
        Assert.Equal(-Errno.ECANCELED, list[1].Result);
        Assert.Equal(0, OpenDescriptors.CountOf(path));
    }

    [Fact]
    public void Seven_hundred_steps_in_one_chain_run_in_order() => OnLoop.Run(
        async loop =>
        {
            using RequestList list = new();
            for (int i = 0; i < 700; i++)
            {
                list.Add(IoRequest.Nop().Link());
            }

            list.Add(IoRequest.Nop());
            loop.Submit(list);
            await list.WhenAllAsync();
            Assert.Equal(Enumerable.Range(0, 701), Enumerable.Range(0, 701).Select(list.EndedAt));
        },
        new EventLoopOptions { Kernel = TestKernel.Kind });

    private static RequestList Reading(string path, byte[] buffer) => new()
    {
        IoRequest.OpenAt(path, OpenFlags.ReadOnly | OpenFlags.CloseOnExec).AsChainFile().Link(),
        IoRequest.Read(Descriptor.ChainFile, buffer, 0).HardLink(),
        IoRequest.CloseChainFile(),
    };
}
