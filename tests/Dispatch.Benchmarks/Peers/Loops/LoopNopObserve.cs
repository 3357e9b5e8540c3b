namespace Dispatch.Benchmarks;

/// <summary>NOPs whose completions go to an observer, a batch at a time.</summary>
internal sealed class LoopNopObserve(int batch) : MicroWorkload, IObserver<Completion>
{
    private readonly EventLoop loop = KernelChoice.Attach();
    private int seen;

    public override void Dispose() => loop.Dispose();

    public void OnNext(Completion value)
    {
        if (value.Result != 0)
        {
            throw new InvalidDataException($"A NOP ended with {value}.");
        }

        seen++;
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    protected override int Turn()
    {
        seen = 0;
        for (int i = 0; i < batch; i++)
        {
            loop.Observe(IoRequest.Nop(), this);
        }

        while (seen < batch)
        {
            loop.Poll();
        }

        return seen;
    }
}
