namespace Dispatch;

/// <summary>
/// Tells listeners that ran out of descriptors when one was closed somewhere in the process. Arming an accept again at once would fail at once, and spin.
/// </summary>
internal static class DescriptorEvents
{
    private static int waiting;

    /// <summary>Raised on the thread that closed a descriptor, only while somebody waits.</summary>
    public static event Action? Closed;

    /// <summary>Counts a waiter in or out.</summary>
    public static void AddWaiters(int delta) => Interlocked.Add(ref waiting, delta);

    /// <summary>Announces a close.</summary>
    public static void Announce()
    {
        if (Volatile.Read(ref waiting) != 0)
        {
            Closed?.Invoke();
        }
    }
}
