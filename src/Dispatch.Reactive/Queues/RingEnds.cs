using System.Runtime.InteropServices;

namespace Dispatch.Reactive;

/// <summary>The two ends of a ring: what each side writes, away from the other's and from what both read.</summary>
[StructLayout(LayoutKind.Explicit, Size = 320)]
internal struct RingEnds
{
    /// <summary>Where the consumer takes next.</summary>
    [FieldOffset(64)]
    public int Head;

    /// <summary>The tail as the consumer last saw it.</summary>
    [FieldOffset(68)]
    public int SeenTail;

    /// <summary>Where the producer puts next. One place stays free, so that full and empty differ.</summary>
    [FieldOffset(192)]
    public int Tail;

    /// <summary>The head as the producer last saw it.</summary>
    [FieldOffset(196)]
    public int SeenHead;
}
