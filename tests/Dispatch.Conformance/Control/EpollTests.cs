using Tmds.Linux;

namespace Dispatch.Conformance.Control;

/// <summary>Requests on epoll sets.</summary>
public sealed class EpollTests : KernelTests
{
    [Theory]
    [EveryKernel(Capability.EpollSets)]
    [Covers(nameof(IoRequest.EpollControl))]
    [Covers(nameof(IoRequest.EpollWait))]
    public void A_set_is_filled_and_waited_on(TestedKernel kernel) => Run(kernel, async w =>
    {
        int set = LibC.epoll_create1(LibC.EPOLL_CLOEXEC);
        (int readEnd, int writeEnd) = w.Pipe();
        byte[] events = new byte[EpollEvent.RecordBytes * 4];
        Assert.Equal(0, await w.Do(IoRequest.EpollControl(set, EpollOperation.Add, readEnd, new EpollEvent(EpollEvents.Readable, 99))));
        Assert.Equal(-Errno.EEXIST, await w.Do(IoRequest.EpollControl(set, EpollOperation.Add, readEnd, new EpollEvent(EpollEvents.Readable, 99))));
        Task<int> wait = w.Do(IoRequest.EpollWait(set, events));
        await w.Turn(3);
        Assert.False(wait.IsCompleted);
        Assert.Equal(1, await w.Do(IoRequest.Write(writeEnd, new byte[1], -1)));
        Assert.Equal(1, await wait);
        Assert.Equal(new EpollEvent(EpollEvents.Readable, 99), EpollEvent.Read(events, 0));
        Assert.Equal(0, await w.Do(IoRequest.EpollControl(set, EpollOperation.Modify, readEnd, new EpollEvent(EpollEvents.Readable | EpollEvents.OneShot, 7))));
        Assert.Equal(1, await w.Do(IoRequest.EpollWait(set, events)));
        Assert.Equal(7UL, EpollEvent.Read(events, 0).Data);
        Assert.Equal(0, await w.Do(IoRequest.EpollControl(set, EpollOperation.Remove, readEnd)));
        using CancellationTokenSource source = new();
        Task<Completion> cancelled = w.Loop.CompleteAsync(IoRequest.EpollWait(set, events), source.Token).AsTask();
        await w.Turn(2);
        source.Cancel();
        Assert.Equal(-Errno.ECANCELED, (await cancelled).Result);
        Assert.Equal(-Errno.EINVAL, await w.Do(IoRequest.EpollWait(readEnd, events)));
        await w.Close(set, readEnd, writeEnd);
    });
}
