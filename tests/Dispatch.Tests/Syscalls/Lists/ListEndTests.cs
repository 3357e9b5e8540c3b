using System.IO.MemoryMappedFiles;
using Dispatch.Tests.Processes;

namespace Dispatch.Tests;

/// <summary>Lists whose owner goes, whose user goes, and whose words are another process's too.</summary>
public sealed class ListEndTests
{
    [Fact]
    public async Task A_loop_that_stops_ends_its_lists_and_wakes_who_waits()
    {
        using TestPipe pipe = new();
        Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = 1, Kernel = TestKernel.Kind });
        using RequestList list = new() { IoRequest.Read(pipe.ReadEnd, new byte[8], -1).Link(), IoRequest.Nop(), IoRequest.Read(pipe.ReadEnd, new byte[8], -1) };
        dispatcher.Loops[0].Submit(list);
        Task<int> one = ListTests.Sleep(() => list[2].Wait());
        Task<int> all = ListTests.Sleep(() => list.WaitAll(OnLoop.Guard) ? 1 : 0);
        OnLoop.Await(() => ListTests.SleepersOf(list[2]) == 1 && ListTests.HeadOf(list, 2) == 1, "Two sleepers");

        await dispatcher.DrainAsync(TimeSpan.Zero);

        Assert.Equal(-Errno.ECANCELED, await one);
        Assert.Equal(1, await all);
        Assert.All(list, e => Assert.Equal(-Errno.ECANCELED, e.Result));
        Assert.Throws<ObjectDisposedException>(() => dispatcher.Loops[0].Submit(list));
    }

    [Fact]
    public async Task A_loop_whose_thread_died_ends_its_lists_and_wakes_who_waits()
    {
        using TestPipe pipe = new();
        using RequestList list = new() { IoRequest.Read(pipe.ReadEnd, new byte[8], -1), IoRequest.Nop().Link(), IoRequest.Nop() };
        EventLoop? loop = null;
        OnLoop.OnThread(() =>
        {
            loop = EventLoop.Attach(OnLoop.Small);
            loop.Submit(list);
        });
        Task<int> sleeper = ListTests.Sleep(() => list.WaitAll(OnLoop.Guard) ? 1 : 0);
        OnLoop.Await(() => ListTests.HeadOf(list, 2) == 1, "A sleeper");
        loop!.Dispose();
        Assert.Equal(1, await sleeper);
        Assert.All(list, e => Assert.Equal(-Errno.ECANCELED, e.Result));
    }

    [Fact]
    public Task A_list_disposed_in_flight_is_cancelled_and_its_waiter_gets_the_end() => LoopHost.Beside(async loop =>
    {
        using TestPipe pipe = new();
        byte[] data = new byte[8];
        RequestList list = new() { IoRequest.Read(pipe.ReadEnd, data, -1) };
        loop.Submit(list);
        Task<int> sleeper = ListTests.Sleep(() => list.WaitAll(OnLoop.Guard) ? 1 : 0);
        OnLoop.Await(() => ListTests.HeadOf(list, 2) == 1, "A sleeper");

        list.Dispose();

        Assert.Equal(1, await sleeper);
        Assert.Throws<ObjectDisposedException>(() => list[0].Wait());
        await loop.InvokeAsync(() => Task.CompletedTask);
        await loop.InvokeAsync(() => Assert.Equal(0, loop.Engine.UserInFlight));
    });

    [Fact]
    public Task A_descriptor_that_a_disposed_list_still_opens_is_closed() => LoopHost.OnLoop(async loop =>
    {
        using TestFolder folder = new();
        string path = folder["f"];
        await File.WriteAllBytesAsync(path, [1]);
        RequestList list = new() { IoRequest.OpenAt(path, OpenFlags.ReadOnly | OpenFlags.CloseOnExec) };
        loop.Submit(list);
        list.Dispose();
        for (int i = 0; i < 100 && loop.Engine.UserInFlight != 0; i++)
        {
            await loop.ExecuteAsync(IoRequest.Nop());
        }

        Assert.Equal(0, OpenDescriptors.CountOf(path));
    });

    [Fact]
    public Task Lists_that_are_disposed_or_forgotten_keep_no_slot_of_the_table() => LoopHost.OnLoop(async loop =>
    {
        int before = loop.Engine.Table.Count;
        await Make(dispose: true);
        await loop.ExecuteAsync(IoRequest.Nop());
        Assert.InRange(loop.Engine.Table.Count, 0, before + 2);
        await Make(dispose: false);
        for (int i = 0; i < 1000 && loop.Engine.Table.Count > before + 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await loop.ExecuteAsync(IoRequest.Nop());
        }

        Assert.InRange(loop.Engine.Table.Count, 0, before + 2);

        async Task Make(bool dispose)
        {
            for (int i = 0; i < 10; i++)
            {
                RequestList list = ListTests.Nops(20);
                loop.Submit(list);
                await list.WhenAllAsync();
                if (dispose)
                {
                    list.Dispose();
                }
            }
        }
    });

    [Fact]
    public async Task Another_mapping_of_the_memory_sees_the_words_and_is_woken_through_it()
    {
        using MemoryMappedFile file = MemoryMappedFile.CreateNew(null, 4096);
        using MemoryMappedViewAccessor ours = file.CreateViewAccessor();
        using MemoryMappedViewAccessor theirs = file.CreateViewAccessor();
        await LoopHost.Beside(async loop =>
        {
            using TestPipe pipe = new();
            using RequestList list = new(ours.SafeMemoryMappedViewHandle, 1024) { IoRequest.Nop(), IoRequest.Read(pipe.ReadEnd, new byte[8], -1) };
            loop.Submit(list);
            nint other = theirs.SafeMemoryMappedViewHandle.DangerousGetHandle() + 1024;
            Assert.NotEqual(list.WordsAddress, other);
            nint word = other + (list[1].WordAddress - list.WordsAddress);
            Task<int> sleeper = ListTests.Sleep(() => SleepOn(word));
            OnLoop.Await(() => ListTests.SleepersOf(list[1]) == 1, "A sleeper in the other mapping");

            pipe.Write([1, 2, 3]);

            Assert.Equal(3, await sleeper);
            Assert.Equal(3, list[1].Wait());
        });
    }

    [Fact]
    public Task Another_process_sleeps_on_a_word_and_is_woken() => LoopHost.Beside(loop =>
    {
        using TestFolder folder = new();
        string path = folder["words"];
        using MemoryMappedFile file = MemoryMappedFile.CreateFromFile(path, FileMode.CreateNew, null, 4096);
        using MemoryMappedViewAccessor view = file.CreateViewAccessor();
        using TestPipe pipe = new();
        using RequestList list = new(view.SafeMemoryMappedViewHandle) { IoRequest.Read(pipe.ReadEnd, new byte[8], -1) };
        loop.Submit(list);
        using TestChild child = TestChild.Start("--words", path, "wait-word");
        OnLoop.Await(() => ListTests.SleepersOf(list[0]) == 1, "A sleeper in the other process");

        pipe.Write([1, 2, 3, 4, 5]);

        (int status, string error) = child.WaitForEnd();
        Assert.True(status == 0, error);
        Assert.Equal("5", child["word"]);
        return Task.CompletedTask;
    });

    [Fact]
    public void Memory_too_small_for_the_words_is_refused()
    {
        using MemoryMappedFile file = MemoryMappedFile.CreateNew(null, 4096);
        using MemoryMappedViewAccessor view = file.CreateViewAccessor(0, 80);
        Assert.Throws<ArgumentException>(() => new RequestList(view.SafeMemoryMappedViewHandle, 4096));
        using MemoryMappedViewAccessor whole = file.CreateViewAccessor();
        using RequestList list = new(whole.SafeMemoryMappedViewHandle, 4096 - 64 - 16);
        list.Add(IoRequest.Nop());
        list.Add(IoRequest.Nop());
        list.Add(IoRequest.Nop());
        OnLoop.Poll(loop => Assert.Contains("words for 2", Assert.Throws<InvalidOperationException>(() => loop.Submit(list)).Message, StringComparison.Ordinal));
    }

    /// <summary>What a waiter does that knows only where the word is.</summary>
    private static unsafe int SleepOn(nint address)
    {
        int* word = (int*)address;
        Interlocked.Increment(ref word[1]);
        while (Volatile.Read(ref *word) == int.MinValue)
        {
            FutexWords.Wait(word, int.MinValue, long.MaxValue, FutexWords.Anyone, FutexScope.Shared);
        }

        Interlocked.Decrement(ref word[1]);
        return *word;
    }
}
