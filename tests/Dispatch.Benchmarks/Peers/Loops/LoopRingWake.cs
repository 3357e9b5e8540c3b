namespace Dispatch.Benchmarks;

/// <summary>Wakes a parked loop by a message from ring to ring, sent with the sender's own submit.</summary>
internal sealed class LoopRingWake : WakeWorkload, IObserver<Completion>
{
    private readonly EventLoop sender = KernelChoice.Attach();
    private readonly Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = KernelChoice.Kind, LoopCount = 1 });
    private readonly EventLoop target;

    public LoopRingWake()
    {
        target = dispatcher.Loops[0];
        target.InvokeAsync(() => { target.Completions.Subscribe(this); }).GetAwaiter().GetResult();
    }

    public void OnNext(Completion value) => Received();

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    public override void Dispose()
    {
        dispatcher.DisposeAsync().AsTask().GetAwaiter().GetResult();
        sender.Dispose();
    }

    protected override void Send()
    {
        sender.Submit(IoRequest.Message(target, 1, 1), 1);
        while (!sender.TryTake(out _))
        {
        }
    }
}
