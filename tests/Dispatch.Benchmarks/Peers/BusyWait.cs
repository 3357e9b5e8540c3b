namespace Dispatch.Benchmarks;

/// <summary>
/// Waits without giving the CPU away: a thread that yields to the one it waits for measures a context switch on one CPU, not a message between two.
/// With only one CPU there is no other way than to yield.
/// </summary>
internal static class BusyWait
{
    private static readonly bool IsAlone = Environment.ProcessorCount == 1;

    public static void Pause()
    {
        if (IsAlone)
        {
            Thread.Yield();
        }
        else
        {
            Thread.SpinWait(8);
        }
    }
}
