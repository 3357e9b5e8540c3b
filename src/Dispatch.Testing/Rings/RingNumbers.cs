namespace Dispatch.Testing;

/// <summary>The numbers by which simulated rings are sent messages. Any thread.</summary>
internal static class RingNumbers
{
    private static int last = 0x200000;

    /// <summary>Gets one that no other ring of the process has.</summary>
    public static int Next() => Interlocked.Increment(ref last);
}
