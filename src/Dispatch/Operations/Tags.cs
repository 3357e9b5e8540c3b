using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// How 64 bits of user data name an operation's tenancy of a slot: the top bit set, 31 bits of generation, 32 bits of slot number.
/// Raw requests have the other half of the number space, with the top bit clear.
/// </summary>
internal static class Tags
{
    public const ulong SlotBit = 1UL << 63;
    public const ulong LargestRaw = SlotBit - 1;
    public const uint GenerationMask = 0x7FFF_FFFF;

    /// <summary>What answers that nobody waits for are addressed to: a slot number that is never given out.</summary>
    public const ulong Silent = SlotBit | uint.MaxValue;

    /// <summary>What the answer to a cancel of everything is addressed to.</summary>
    public const ulong CancelOfAll = Silent - 1;

    /// <summary>Set in the slot number of a cancel's own tag; the rest of that tag is its target's. No table has that many slots.</summary>
    private const uint CancelBit = 1u << 31;

    /// <summary>Set as well in a cancel by a user's tag, which does not fit: the rest is a place in a list, and how often the cancel has missed.</summary>
    private const uint RawCancelBit = 1u << 30;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(int index, uint generation) => SlotBit | ((ulong)(generation & GenerationMask) << 32) | (uint)index;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsRaw(ulong tag) => (long)tag >= 0;

    public static ulong CancelOf(ulong target) => target | CancelBit;

    public static ulong CancelOfRaw(int place, int misses) => Of((int)(CancelBit | RawCancelBit | (uint)place), (uint)misses);

    public static bool IsCancel(ulong tag) => !IsRaw(tag) && tag != Silent && ((uint)tag & CancelBit) != 0;

    public static bool IsCancelOfRaw(ulong tag) => ((uint)tag & RawCancelBit) != 0;

    public static ulong TargetOf(ulong cancel) => cancel & ~(ulong)CancelBit;

    public static int PlaceOf(ulong cancel) => (int)((uint)cancel & ~(CancelBit | RawCancelBit));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int IndexOf(ulong tag) => (int)(uint)tag;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint GenerationOf(ulong tag) => (uint)(tag >> 32) & GenerationMask;
}
