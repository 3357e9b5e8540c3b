using System.Runtime.InteropServices;

namespace Dispatch.Examples.KeyLookup;

/// <summary>The logic between the reads.</summary>
internal static class BlockSearch
{
    /// <summary>Finds the last key that is not greater: what it stands for begins there.</summary>
    /// <param name="keys">Keys in order.</param>
    /// <param name="key">The key.</param>
    /// <returns>Its place, or −1 when all are greater.</returns>
    public static int LastNotGreater(ReadOnlySpan<ulong> keys, ulong key)
    {
        int low = 0;
        int high = keys.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (keys[middle] <= key)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    /// <summary>Finds the last key of an index block that is not greater.</summary>
    /// <param name="block">The block.</param>
    /// <param name="count">How many keys it has.</param>
    /// <param name="key">The key.</param>
    /// <returns>Its place, or −1.</returns>
    public static int InIndex(ReadOnlySpan<byte> block, int count, ulong key) => LastNotGreater(MemoryMarshal.Cast<byte, ulong>(block)[..count], key);

    /// <summary>Finds a record in a block of them.</summary>
    /// <param name="block">The block.</param>
    /// <param name="count">How many records it has.</param>
    /// <param name="key">The key.</param>
    /// <returns>The record, or null when it is not there.</returns>
    public static TableRecord? InRecords(ReadOnlySpan<byte> block, int count, ulong key)
    {
        ReadOnlySpan<TableRecord> records = MemoryMarshal.Cast<byte, TableRecord>(block)[..count];
        int low = 0;
        int high = records.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            ulong found = records[middle].Key;
            if (found == key)
            {
                return records[middle];
            }

            (low, high) = found < key ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }
}
