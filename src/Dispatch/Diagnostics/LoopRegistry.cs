using System.Collections.Concurrent;

namespace Dispatch;

/// <summary>The loops that live, for those who look at all of them. Any thread.</summary>
internal static class LoopRegistry
{
    private static readonly ConcurrentDictionary<EventLoop, byte> Living = new();

    /// <summary>Gets the loops that live now.</summary>
    public static ICollection<EventLoop> Loops => Living.Keys;

    /// <summary>A loop has begun.</summary>
    public static void Add(EventLoop loop)
    {
        Living.TryAdd(loop, 0);
        LoopMeter.Touch();
    }

    /// <summary>A loop has ended.</summary>
    public static void Remove(EventLoop loop) => Living.TryRemove(loop, out _);
}
