namespace Dispatch.Benchmarks;

/// <summary>NOPs as the entries of one list, submitted by the owner, while nobody sleeps on it.</summary>
internal sealed class LoopList : MicroWorkload
{
    private readonly EventLoop loop = KernelChoice.Attach();
    private readonly RequestList list = [];

    public LoopList(int batch)
    {
        for (int i = 0; i < batch; i++)
        {
            list.Add(IoRequest.Nop());
        }
    }

    public override void Dispose()
    {
        list.Dispose();
        loop.Dispose();
    }

    protected override int Turn()
    {
        loop.Submit(list);
        while (!list.IsCompleted)
        {
            loop.Poll();
        }

        for (int i = 0; i < list.Count; i++)
        {
            if (list[i].Result != 0)
            {
                throw new InvalidDataException($"A NOP ended with {list[i].Completion}.");
            }
        }

        return list.Count;
    }
}
