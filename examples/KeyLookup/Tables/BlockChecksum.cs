using System.Numerics;
using System.Runtime.InteropServices;

namespace Dispatch.Examples.KeyLookup;

/// <summary>A running CRC-32C.</summary>
internal static class BlockChecksum
{
    /// <summary>What it is of nothing.</summary>
    public const uint None = uint.MaxValue;

    /// <summary>Adds a number.</summary>
    public static uint Add(uint checksum, ulong value) => BitOperations.Crc32C(checksum, value);

    /// <summary>Adds bytes, a multiple of 8 of them.</summary>
    public static uint Add(uint checksum, ReadOnlySpan<byte> bytes)
    {
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            checksum = Add(checksum, word);
        }

        return checksum;
    }
}
