namespace Dispatch;

/// <summary>
/// What a loop does when a turn found nothing to do. A parked loop costs nothing and is woken in some microseconds; a spinning one answers in some hundred
/// nanoseconds and costs a CPU.
/// </summary>
/// <remarks>One instance may serve many loops; implementations keep no state of a loop.</remarks>
public abstract class IdleStrategy
{
    /// <summary>Gets the strategy that sleeps in the kernel at once. The default.</summary>
    public static IdleStrategy Park { get; } = new Backoff(0, 0);

    /// <summary>Gets the strategy that never gives the CPU away.</summary>
    public static IdleStrategy Spin { get; } = new Backoff(int.MaxValue, 0);

    /// <summary>Gets the strategy that offers the CPU to other threads after every empty turn, and never sleeps.</summary>
    public static IdleStrategy Yield { get; } = new Backoff(0, int.MaxValue);

    /// <summary>Spins, then yields, then parks.</summary>
    /// <param name="spins">Empty turns to spin.</param>
    /// <param name="yields">Empty turns to yield after that.</param>
    /// <returns>The strategy.</returns>
    public static IdleStrategy SpinThenPark(int spins, int yields = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(spins);
        ArgumentOutOfRangeException.ThrowIfNegative(yields);
        return new Backoff(spins, yields);
    }

    /// <summary>Decides. Called on the loop's thread after each empty turn.</summary>
    /// <param name="emptyTurns">How many turns in a row found nothing, this one included.</param>
    /// <returns>What to do.</returns>
    public abstract IdleAction Decide(int emptyTurns);

    private sealed class Backoff(int spins, int yields) : IdleStrategy
    {
        public override IdleAction Decide(int emptyTurns) =>
            emptyTurns <= spins ? IdleAction.Spin
            : emptyTurns - spins <= yields ? IdleAction.Yield
            : IdleAction.Park;
    }
}
