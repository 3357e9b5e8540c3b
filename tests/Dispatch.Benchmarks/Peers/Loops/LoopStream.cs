namespace Dispatch.Benchmarks;

/// <summary>Messages posted to a spinning loop by a thread that owns a loop itself.</summary>
internal sealed class LoopStream : StreamWorkload
{
    private readonly EventLoop sender = KernelChoice.Attach();
    private readonly SpinOnDemand idle = new();
    private readonly Dispatcher receiver;
    private readonly EventLoop target;
    private readonly Action onMessage;
    private long count;

    public LoopStream()
    {
        receiver = Dispatcher.Create(new DispatcherOptions { Kernel = KernelChoice.Kind, LoopCount = 1, Idle = idle });
        target = receiver.Loops[0];
        onMessage = () => Received(++count);
    }

    public override void Dispose()
    {
        receiver.DisposeAsync().AsTask().GetAwaiter().GetResult();
        sender.Dispose();
    }

    protected override void Heat(bool on) => idle.IsHot = on;

    protected override void Send(long number) => target.Post(onMessage);
}
