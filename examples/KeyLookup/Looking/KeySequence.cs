namespace Dispatch.Examples.KeyLookup;

/// <summary>Keys of a table in random order, with repetitions; the same for the same seed.</summary>
internal struct KeySequence(int seed, int records)
{
    private ulong state = 0x2545f4914f6cdd1dUL + ((ulong)seed * 0x9e3779b97f4a7c15);

    /// <summary>Draws the next key.</summary>
    /// <returns>The key; it is in the table.</returns>
    public ulong Next()
    {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return TableRecord.KeyOf((int)(((state >> 32) * (ulong)records) >> 32));
    }
}
