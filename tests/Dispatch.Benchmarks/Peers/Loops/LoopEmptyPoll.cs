namespace Dispatch.Benchmarks;

/// <summary>A thread that looks into a loop that has nothing for it: with <see cref="EventLoop.Poll"/>, or with <see cref="EventLoop.TryTake"/>.</summary>
internal sealed class LoopEmptyPoll(bool take) : MicroWorkload
{
    private const int LooksATurn = 4096;

    private readonly EventLoop loop = KernelChoice.Attach();

    public override void Dispose() => loop.Dispose();

    protected override int Turn()
    {
        int found = take ? TryTake() : Poll();
        return found == 0 ? LooksATurn : throw new InvalidDataException($"The loop had nothing to do and did {found} things.");
    }

    private int Poll()
    {
        int found = 0;
        for (int i = 0; i < LooksATurn; i++)
        {
            found += loop.Poll();
        }

        return found;
    }

    private int TryTake()
    {
        int found = 0;
        for (int i = 0; i < LooksATurn; i++)
        {
            if (loop.TryTake(out _))
            {
                found++;
            }
        }

        return found;
    }
}
