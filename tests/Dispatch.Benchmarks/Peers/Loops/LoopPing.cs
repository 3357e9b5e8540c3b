namespace Dispatch.Benchmarks;

/// <summary>One message between two spinning loops, back and forth.</summary>
internal sealed class LoopPing : MicroWorkload
{
    private const int RoundTripsATurn = 64;

    private readonly EventLoop here = KernelChoice.Attach();
    private readonly SpinOnDemand idle = new();
    private readonly Dispatcher dispatcher;
    private readonly EventLoop there;
    private readonly Action ping;
    private readonly Action pong;
    private bool answered;

    public LoopPing()
    {
        dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = KernelChoice.Kind, LoopCount = 1, Idle = idle });
        there = dispatcher.Loops[0];
        pong = () => answered = true;
        ping = () => here.Post(pong);
    }

    public override void Dispose()
    {
        dispatcher.DisposeAsync().AsTask().GetAwaiter().GetResult();
        here.Dispose();
    }

    protected override void Heat(bool on) => idle.IsHot = on;

    protected override int Turn()
    {
        for (int i = 0; i < RoundTripsATurn; i++)
        {
            answered = false;
            there.Post(ping);
            while (!answered)
            {
                here.Poll();
            }
        }

        return RoundTripsATurn * 2;
    }
}
