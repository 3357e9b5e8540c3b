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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(int index, uint generation) => SlotBit | ((ulong)(generation & GenerationMask) << 32) | (uint)index;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsRaw(ulong tag) => (long)tag >= 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int IndexOf(ulong tag) => (int)(uint)tag;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint GenerationOf(ulong tag) => (uint)(tag >> 32) & GenerationMask;
}
