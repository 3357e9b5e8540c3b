namespace Dispatch.Tests;

/// <summary>The kernel's own interface.</summary>
internal sealed unsafe class KernelAio : IAioInterface, IDisposable
{
    private readonly nint handle;

    public KernelAio()
    {
        nint made = 0;
        Assert.Equal(0, SystemCall.Run(SystemCall.IoSetup, 256, (long)&made));
        handle = made;
    }

    public int Submit(ReadOnlySpan<nint> blocks)
    {
        fixed (nint* first = blocks)
        {
            return (int)SystemCall.Run(SystemCall.IoSubmit, handle, blocks.Length, (long)first);
        }
    }

    public AioEvent[] Take(int count)
    {
        AioEvent[] events = new AioEvent[count];
        fixed (AioEvent* first = events)
        {
            for (int taken = 0; taken < count;)
            {
                long result = SystemCall.Run(SystemCall.IoGetEvents, handle, count - taken, count - taken, (long)(first + taken), 0);
                Assert.True(result > 0 || result == -Errno.EINTR, $"io_getevents: {result}");
                taken += (int)Math.Max(0, result);
            }
        }

        return events;
    }

    public int Cancel(nint block)
    {
        AioEvent unused;
        return (int)SystemCall.Run(SystemCall.IoCancel, handle, block, (long)&unused);
    }

    public void Dispose() => SystemCall.Run(SystemCall.IoDestroy, handle);
}
