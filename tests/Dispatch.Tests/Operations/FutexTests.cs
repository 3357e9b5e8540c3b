using System.Runtime.InteropServices;

namespace Dispatch.Tests;

/// <summary>Futex words: a wake counts every wait that was submitted to its ring before it, however soon it follows.</summary>
public sealed class FutexTests
{
    private const ulong WakeTag = 1ul << 40;
    private const ulong SecondWakeTag = 1ul << 41;

    [Theory]
    [InlineData(KernelKind.IoUring)]
    [InlineData(KernelKind.LinuxAio)]
    public void A_wake_in_the_submit_of_its_wait_counts_it_and_the_wake_after_it_finds_nobody(KernelKind kernel) => Run(kernel, loop =>
    {
        const int Pairs = 16;
        using Words words = new(Pairs);
        for (int round = 0; round < 300; round++)
        {
            for (int i = 0; i < Pairs; i++)
            {
                loop.Submit(IoRequest.FutexWait(words[i], 0), (ulong)i);
                loop.Submit(IoRequest.FutexWake(words[i], (round & 1) == 0 ? 1 : int.MaxValue), WakeTag + (ulong)i);
                loop.Submit(IoRequest.FutexWake(words[i]), SecondWakeTag + (ulong)i);
            }

            Completion[] all = Take(loop, 3 * Pairs);
            Assert.Equal(3 * Pairs, all.Select(c => c.Tag).Distinct().Count());
            Assert.All(all, c => Assert.Equal(c.Tag is >= WakeTag and < SecondWakeTag ? 1 : 0, c.Result));
        }
    });

    [Theory]
    [InlineData(KernelKind.IoUring)]
    [InlineData(KernelKind.LinuxAio)]
    public void Wakes_of_a_number_end_so_many_waits_and_none_that_was_submitted_later(KernelKind kernel) => Run(kernel, loop =>
    {
        using Words words = new(1);
        for (int round = 0; round < 200; round++)
        {
            for (ulong i = 0; i < 5; i++)
            {
                loop.Submit(IoRequest.FutexWait(words[0], 0), i);
            }

            loop.Submit(IoRequest.FutexWake(words[0], 2), WakeTag);
            loop.Submit(IoRequest.FutexWake(words[0]), SecondWakeTag);
            loop.Submit(IoRequest.FutexWait(words[0], 0), 100);
            Dictionary<ulong, long> results = Take(loop, 7).ToDictionary(c => c.Tag, c => c.Result);
            Assert.DoesNotContain(100ul, results.Keys);
            Assert.Equal((2L, 3L), (results[WakeTag], results[SecondWakeTag]));
            Assert.All(Enumerable.Range(0, 5), i => Assert.Equal(0, results[(ulong)i]));
            loop.Submit(IoRequest.FutexWake(words[0]), WakeTag);
            results = Take(loop, 2).ToDictionary(c => c.Tag, c => c.Result);
            Assert.Equal((1L, 0L), (results[WakeTag], results[100]));
        }
    });

    [Theory]
    [InlineData(KernelKind.IoUring)]
    [InlineData(KernelKind.LinuxAio)]
    public void A_cancelled_wait_is_counted_by_no_wake_or_by_one(KernelKind kernel) => Run(
        kernel,
        loop =>
        {
            using Words words = new(1);
            for (int round = 0; round < 300; round++)
            {
                loop.Submit(IoRequest.FutexWait(words[0], 0), 1);
                loop.Submit(IoRequest.FutexWait(words[0], 0), 2);
                loop.Submit(IoRequest.Cancel(1), 3);
                loop.Submit(IoRequest.FutexWake(words[0]), WakeTag);
                Dictionary<ulong, long> results = Take(loop, 4).ToDictionary(c => c.Tag, c => c.Result);
                Assert.Equal(0, results[2]);
                Assert.Equal(results[1] == 0 ? 2 : 1, results[WakeTag]);
                Assert.True(results[1] is 0 or -Errno.ECANCELED, $"{results[1]}");
            }
        });

    [Theory]
    [InlineData(KernelKind.IoUring)]
    [InlineData(KernelKind.LinuxAio)]
    public void Waits_and_wakes_of_a_loop_that_ends_are_all_answered(KernelKind kernel)
    {
        using Words words = new(4);
        for (int round = 0; round < 10; round++)
        {
            EventLoop? ended = null;
            Run(kernel, loop =>
            {
                ended = loop;
                for (int i = 0; i < 8; i++)
                {
                    loop.Submit(IoRequest.FutexWait(words[i % 4], 0), (ulong)i);
                    loop.Submit(IoRequest.FutexWake(words[i % 4], 1), WakeTag);
                    loop.Submit(IoRequest.FutexWait(words[i % 4], 0), (ulong)i);
                }

                loop.TryTake(out _);
            });
            Assert.Equal(0, ended!.Statistics.InFlight);
            Assert.Empty(ended.Life.Unfinished);
        }
    }

    private static void Run(KernelKind kernel, Action<EventLoop> test)
    {
        EventLoopOptions options = OnLoop.Small;
        options.Kernel = kernel;
        OnLoop.Poll(test, options);
    }

    private static Completion[] Take(EventLoop loop, int count)
    {
        Completion[] all = new Completion[count];
        for (int i = 0; i < count; i++)
        {
            all[i] = OnLoop.Take(loop);
        }

        return all;
    }

    /// <summary>Words that hold 0, in memory that stays in place.</summary>
    private sealed unsafe class Words(int count) : IDisposable
    {
        private readonly nint memory = (nint)NativeMemory.AllocZeroed((nuint)count, sizeof(uint));

        public nint this[int index] => memory + (index * sizeof(uint));

        public void Dispose() => NativeMemory.Free((void*)memory);
    }
}
