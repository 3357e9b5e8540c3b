namespace Dispatch.Benchmarks;

/// <summary>As many async methods as there are NOPs in a batch, each awaiting one after the other.</summary>
internal sealed class LoopNopAwait : MicroWorkload
{
    private readonly EventLoop loop = KernelChoice.Attach();
    private readonly Task[] workers;
    private int completed;
    private bool stopping;

    public LoopNopAwait(int batch)
    {
        workers = new Task[batch];
        for (int i = 0; i < batch; i++)
        {
            int index = i;
            loop.Post(() => workers[index] = AwaitAsync());
        }

        loop.Poll();
    }

    public override void Dispose()
    {
        stopping = true;
        Task all = Task.WhenAll(workers);
        while (!all.IsCompleted)
        {
            loop.Poll();
        }

        loop.Dispose();
        all.GetAwaiter().GetResult();
    }

    protected override int Turn()
    {
        completed = 0;
        loop.Poll();
        return completed;
    }

    private async Task AwaitAsync()
    {
        while (!stopping)
        {
            await loop.ExecuteAsync(IoRequest.Nop());
            completed++;
        }
    }
}
