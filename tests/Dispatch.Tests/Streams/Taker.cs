namespace Dispatch.Tests.Streams;

/// <summary>Makes them.</summary>
internal static class Taker
{
    public static Taker<T, T> Of<T>(Action<T>? then = null) => new(v => v) { Then = then };

    public static Taker<FileLine, string> Lines(Action<string>? then = null) => new(l => l.ToString()) { Then = then };

    public static Taker<BufferLease, byte[]> Bytes(Action<byte[]>? then = null) => new(l => l.ToArray()) { Then = then };
}
