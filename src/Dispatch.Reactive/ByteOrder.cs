namespace Dispatch.Reactive;

/// <summary>In which order the bytes of a number come.</summary>
public enum ByteOrder
{
    /// <summary>The most significant byte first: network order.</summary>
    BigEndian,

    /// <summary>The least significant byte first.</summary>
    LittleEndian,
}
