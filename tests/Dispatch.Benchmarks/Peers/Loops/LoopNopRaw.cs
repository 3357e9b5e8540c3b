namespace Dispatch.Benchmarks;

/// <summary>NOPs submitted raw and taken out of the ring, a batch at a time.</summary>
internal sealed class LoopNopRaw(int batch) : MicroWorkload
{
    private readonly EventLoop loop = KernelChoice.Attach();

    public override void Dispose() => loop.Dispose();

    protected override int Turn()
    {
        for (int i = 0; i < batch; i++)
        {
            loop.Submit(IoRequest.Nop(), (ulong)i);
        }

        int taken = 0;
        while (taken < batch)
        {
            if (loop.TryTake(out Completion completion))
            {
                if (completion.Result != 0)
                {
                    throw new InvalidDataException($"A NOP ended with {completion}.");
                }

                taken++;
            }
        }

        return taken;
    }
}
