using System.Runtime.InteropServices;

namespace Dispatch.Conformance.Control;

/// <summary>Requests that end others, or change them while they wait.</summary>
public sealed class UpdateTests : KernelTests
{
    private static readonly TimeSpan Never = TimeSpan.FromHours(1);

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.NopWithResult))]
    public void A_nop_has_the_result_that_it_is_given(TestedKernel kernel) => Run(kernel, async w =>
    {
        Assert.Equal(42, await w.Do(IoRequest.NopWithResult(42)));
        Assert.Equal(-Errno.EIO, await w.Do(IoRequest.NopWithResult(-Errno.EIO)));
        await Assert.ThrowsAsync<IOException>(async () => await w.Loop.ExecuteAsync(IoRequest.NopWithResult(-Errno.EIO)));
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.PollRemove))]
    [Covers(nameof(IoRequest.PollUpdate))]
    public void A_poll_is_changed_in_place_or_ended_by_its_tag(TestedKernel kernel) => Poll(kernel, w =>
    {
        (int ours, int theirs) = w.SocketPair();
        w.Loop.Submit(IoRequest.Poll(ours, PollEvents.Readable), 7);
        w.Loop.Submit(IoRequest.PollUpdate(7, PollEvents.Writable), 8);
        Completion[] both = w.Take(2);
        Assert.Contains(new Completion(8, 0, CompletionFlags.None), both);
        Assert.Contains(new Completion(7, (long)PollEvents.Writable, CompletionFlags.None), both);

        w.Loop.Submit(IoRequest.PollMultishot(ours, PollEvents.Priority), 7);
        w.Loop.Submit(IoRequest.PollUpdate(7, PollEvents.Readable), 8);
        Assert.Equal(new Completion(8, 0, CompletionFlags.None), w.Take());
        w.Drive(() => w.Send(theirs, new byte[1]));
        Assert.Equal((7UL, (long)PollEvents.Readable, true), w.Take() is var c ? (c.Tag, c.Result, c.HasMore) : default);
        w.Loop.Submit(IoRequest.PollRemove(7), 8);
        both = w.Take(2);
        Assert.Contains(new Completion(8, 0, CompletionFlags.None), both);
        Assert.Contains(new Completion(7, -Errno.ECANCELED, CompletionFlags.None), both);
        w.Loop.Submit(IoRequest.PollUpdate(7, PollEvents.Readable), 1);
        w.Loop.Submit(IoRequest.PollRemove(7), 2);
        Assert.All(w.Take(2), completion => Assert.Equal(-Errno.ENOENT, completion.Result));
        w.Drive(() => w.Close(ours, theirs));
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.TimeoutRemove))]
    [Covers(nameof(IoRequest.TimeoutUpdate))]
    public void A_timeout_is_moved_or_ended_by_its_tag(TestedKernel kernel) => Poll(kernel, w =>
    {
        w.Loop.Submit(IoRequest.Timeout(Never), 1);
        w.Loop.Submit(IoRequest.TimeoutUpdate(1, TimeSpan.FromMilliseconds(1)), 2);
        Completion[] both = w.Take(2);
        Assert.Contains(new Completion(2, 0, CompletionFlags.None), both);
        Assert.Contains(new Completion(1, -Errno.ETIME, CompletionFlags.None), both);
        w.Loop.Submit(IoRequest.Timeout(Never), 1);
        w.Loop.Submit(IoRequest.TimeoutRemove(1), 2);
        both = w.Take(2);
        Assert.Contains(new Completion(2, 0, CompletionFlags.None), both);
        Assert.Contains(new Completion(1, -Errno.ECANCELED, CompletionFlags.None), both);
        w.Loop.Submit(IoRequest.TimeoutRemove(1), 3);
        w.Loop.Submit(IoRequest.TimeoutUpdate(1, Never), 4);
        Assert.All(w.Take(2), c => Assert.Equal(-Errno.ENOENT, c.Result));
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.CancelFirst))]
    [Covers(nameof(IoRequest.CancelAlike))]
    [Covers(nameof(IoRequest.CancelEverything))]
    public void Cancels_end_one_on_a_descriptor_all_of_a_kind_or_everything(TestedKernel kernel) => Run(kernel, async w =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        Task<int>[] reads = [.. Enumerable.Range(0, 3).Select(_ => w.Do(IoRequest.Read(readEnd, new byte[1], -1)))];
        Task<int> poll = w.Do(IoRequest.Poll(readEnd, PollEvents.Readable));
        Task<int> timeout = w.Do(IoRequest.Timeout(Never));
        await w.Turn(2);
        Assert.Equal(0, await w.Do(IoRequest.CancelFirst(readEnd)));
        Assert.Equal(-Errno.ECANCELED, await await Task.WhenAny([.. reads, poll]));
        Assert.Equal(1, reads.Append(poll).Count(t => t.IsCompleted));
        Assert.Equal(reads.Count(t => !t.IsCompleted), await w.Do(IoRequest.CancelAlike(IoRequest.Read(0, Memory<byte>.Empty, 0))));
        Assert.All(await Task.WhenAll(reads), r => Assert.Equal(-Errno.ECANCELED, r));
        Assert.False(timeout.IsCompleted);
        Assert.True(await w.Do(IoRequest.CancelEverything()) >= 1);
        Assert.Equal(-Errno.ECANCELED, await timeout);
        Assert.Equal(-Errno.ECANCELED, await poll);
        Assert.Equal(-Errno.ENOENT, await w.Do(IoRequest.CancelFirst(readEnd)));
        await w.Close(readEnd, writeEnd);
    });

    [Theory]
    [EveryKernel(Capability.FutexVectors)]
    [Covers(nameof(IoRequest.FutexWaitAny))]
    public void The_futex_that_was_woken_is_named_by_its_place(TestedKernel kernel) => Run(kernel, async w =>
    {
        nint words = Marshal.AllocHGlobal(8);
        Marshal.WriteInt32(words, 1);
        Marshal.WriteInt32(words, 4, 2);
        Task<int> wait = w.Do(IoRequest.FutexWaitAny(new FutexWaiter(words, 1), new FutexWaiter(words + 4, 2)));
        await w.Turn(2);
        Assert.False(wait.IsCompleted);
        Assert.Equal(1, await w.Do(IoRequest.FutexWake(words + 4)));
        Assert.Equal(1, await wait);
        Assert.Equal(-Errno.EAGAIN, await w.Do(IoRequest.FutexWaitAny(new FutexWaiter(words, 1), new FutexWaiter(words + 4, 3))));
        Marshal.FreeHGlobal(words);
    });
}
