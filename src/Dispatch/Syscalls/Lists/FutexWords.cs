using System.Diagnostics;

namespace Dispatch;

/// <summary>
/// <c>futex(2)</c> for threads that sleep on a word outside any ring. Waits are absolute, so that an interruption costs no time that was not meant; which scope the word has decides whether other processes are
/// found (a private futex is cheaper and is known to its process alone). Any thread.
/// </summary>
internal static unsafe class FutexWords
{
    /// <summary>Every waiter.</summary>
    public const uint Anyone = uint.MaxValue;

    private const int WaitBits = 9;
    private const int WakeBits = 10;
    private const int Private = 128;

    /// <summary>
    /// Sleeps while the word holds a value. Returns false when the time was over; true says only that it is worth to look again: woken, interrupted, or the value was another already.
    /// </summary>
    /// <param name="word">The word.</param>
    /// <param name="value">The value at which to sleep.</param>
    /// <param name="deadline">When to give up, in nanoseconds of the monotonic clock; <see cref="long.MaxValue"/> for never.</param>
    /// <param name="bits">The kinds of wake-up that reach this waiter.</param>
    /// <param name="scope">Who may wake it.</param>
    public static bool Wait(int* word, int value, long deadline, uint bits, FutexScope scope)
    {
        IoUringRecords.KernelTimespec time = new() { Seconds = deadline / 1_000_000_000, Nanoseconds = deadline % 1_000_000_000 };
        long limit = deadline == long.MaxValue ? 0 : (long)&time;
        long result = SystemCall.Run(SystemCall.Futex, (long)word, WaitBits | Flags(scope), value, limit, 0, bits);
        return result switch
        {
            >= 0 or -Errno.EAGAIN or -Errno.EINTR => true,
            -Errno.ETIMEDOUT => false,
            _ => throw new InvalidOperationException($"futex failed with {Errno.Name((int)-result)}: the memory of the list's words is not what it was when the list was made. Keep it mapped, and writable, until the list is disposed."),
        };
    }

    /// <summary>Wakes everybody who sleeps on the word under one of these bits.</summary>
    public static void Wake(int* word, uint bits, FutexScope scope) => SystemCall.Run(SystemCall.Futex, (long)word, WakeBits | Flags(scope), int.MaxValue, 0, 0, bits);

    /// <summary>When a span that begins now is over.</summary>
    public static long DeadlineOf(TimeSpan timeout)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return long.MaxValue;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        long span = timeout.Ticks >= long.MaxValue / 100 ? long.MaxValue : timeout.Ticks * 100;
        long now = Stopwatch.GetTimestamp(); // CLOCK_MONOTONIC in nanoseconds on Linux.
        return span > long.MaxValue - now ? long.MaxValue : now + span;
    }

    private static int Flags(FutexScope scope) => scope == FutexScope.Process ? Private : 0;
}
