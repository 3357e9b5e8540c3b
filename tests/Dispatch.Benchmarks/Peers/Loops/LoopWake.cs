namespace Dispatch.Benchmarks;

/// <summary>Wakes a parked loop by a post.</summary>
internal sealed class LoopWake : WakeWorkload
{
    private readonly Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = KernelChoice.Kind, LoopCount = 1 });
    private readonly EventLoop target;
    private readonly Action onMessage;

    public LoopWake()
    {
        target = dispatcher.Loops[0];
        onMessage = Received;
    }

    public override void Dispose() => dispatcher.DisposeAsync().AsTask().GetAwaiter().GetResult();

    protected override void Send() => target.Post(onMessage);
}
