using System.Collections.Concurrent;
using System.Diagnostics;

namespace Dispatch;

/// <summary>
/// What a loop publishes of the turn that it is in: when it began and what it is handing over. Plain stores by the owner, read by the watchdog's thread; no fence, no lock, and the clock twice a turn. Made only where
/// <see cref="EventLoopOptions.StallThreshold"/> asks for it.
/// </summary>
/// <remarks>
/// The watchdog may read the parts of two callbacks together when they change under its hands: it reads again, and what it takes from it are names for a report, never a decision. That a turn was too long is seen
/// twice: by the watchdog while it lasts, and by the owner at its end, who leaves it in <see cref="Ended"/>. So none is missed between two looks, and its length is exact.
/// </remarks>
internal sealed class TurnWatch(TimeSpan threshold)
{
    private const int Attempts = 3;

    private readonly long thresholdNanoseconds = TimerQueue.Nanoseconds(threshold);
    private long number;
    private long began;
    private long callbacks;
    private int kind = TurnCallback.None;
    private object? target;
    private object? state;
    private object?[] awaiters = new object?[AwaitChain.Length];
    private int waiting;
    private string? waitsAt;
    private long stalls;

    /// <summary>Gets the turns that took too long and that the watchdog has not looked at.</summary>
    public ConcurrentQueue<EndedTurn> Ended { get; } = new();

    /// <summary>Gets how long a wait of the owner's may last until its stack is taken, in milliseconds: well before the watchdog asks for it.</summary>
    public int Patience { get; } = (int)Math.Clamp(threshold.TotalMilliseconds / 4, 1, 1000);

    /// <summary>Gets or sets the kernel's number of the owner's thread.</summary>
    public long ThreadNumber { get; set; }

    /// <summary>Gets a value indicating whether the owner waits, and its stack is yet to come. Any thread.</summary>
    public bool IsTakingStack => Volatile.Read(ref waiting) != 0 && Volatile.Read(ref waitsAt) is null;

    /// <summary>Gets the number of stalls. Any thread.</summary>
    public long Stalls => Volatile.Read(ref stalls);

    /// <summary>A turn begins. Owner only.</summary>
    public void BeginTurn()
    {
        number++;
        callbacks = 0;
        Volatile.Write(ref began, NanosecondClock.Real);
    }

    /// <summary>The turn has ended. Owner only.</summary>
    public void EndTurn()
    {
        long since = began;
        Volatile.Write(ref began, 0);
        long now = NanosecondClock.Real;
        if (now - since >= thresholdNanoseconds)
        {
            Ended.Enqueue(new EndedTurn(number, since, now, new TurnCallback(kind, target, state, awaiters), callbacks));
            awaiters = new object?[AwaitChain.Length];
        }

        kind = TurnCallback.None;
        target = null; // What was handed over may be garbage now.
        state = null;
        AwaitChain.Clear(awaiters);
    }

    /// <summary>A completion is about to be handed over. Owner only.</summary>
    public void NoteCompletion(Operation operation)
    {
        if (operation is not (WakeOperation or TimeoutOperation))
        {
            Note(TurnCallback.KindOf(operation), operation.Observer, null);
        }
    }

    /// <summary>Something is about to be handed over. Owner only.</summary>
    public void Note(int newKind, object? newTarget, object? newState)
    {
        Volatile.Write(ref callbacks, callbacks + 1);
        kind = newKind;
        target = newTarget;
        state = newState;
        AwaitChain.Fill(awaiters, newState ?? newTarget);
    }

    /// <summary>What was noted last continues this. Owner only.</summary>
    public void NoteContinuation(Action<object?> continuation, object? with)
    {
        target = continuation;
        state = with;
        AwaitChain.Fill(awaiters, with);
    }

    /// <summary>What was noted last has called code that knows its own name. Owner only.</summary>
    public void NoteCode(INamedCallback code)
    {
        target = code;
        state = null;
        AwaitChain.Clear(awaiters);
    }

    /// <summary>The owner is about to wait. Owner only.</summary>
    public void BeginWait() => Volatile.Write(ref waiting, 1);

    /// <summary>It has waited for longer than it should. Owner only.</summary>
    public void NoteWait(StackTrace stack) => Volatile.Write(ref waitsAt, stack.ToString());

    /// <summary>It waits no more. Owner only.</summary>
    public void EndWait()
    {
        Volatile.Write(ref waiting, 0);
        Volatile.Write(ref waitsAt, null);
    }

    /// <summary>Reads the turn that goes on, if it has gone on for too long. The watchdog.</summary>
    public RunningTurn? ReadLong(long now)
    {
        for (int i = 0; i < Attempts; i++)
        {
            long since = Volatile.Read(ref began);
            if (since == 0 || now - since < thresholdNanoseconds)
            {
                return null;
            }

            long count = Volatile.Read(ref callbacks);
            RunningTurn read = new(Volatile.Read(ref number), since, new TurnCallback(kind, target, state, [.. awaiters]), count, Volatile.Read(ref waitsAt));
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref began) == since && (Volatile.Read(ref callbacks) == count || i == Attempts - 1))
            {
                return read;
            }
        }

        return null; // It ends just now, and tells so itself.
    }

    /// <summary>Counts one. The watchdog.</summary>
    public void CountStall() => Volatile.Write(ref stalls, stalls + 1);
}
