namespace Dispatch.Tests;

/// <summary>Dispatch's interface, on a loop that the test polls.</summary>
internal sealed class LoopAio(EventLoop loop, AioContext context) : IAioInterface
{
    public int Submit(ReadOnlySpan<nint> blocks) => context.Submit(blocks);

    public AioEvent[] Take(int count)
    {
        AioEvent[] events = new AioEvent[count];
        int taken = 0;
        OnLoop.Until(loop, () => (taken += context.GetEvents(0, events.AsSpan(taken))) == count);
        return events;
    }

    public int Cancel(nint block) => context.Cancel(block);
}
