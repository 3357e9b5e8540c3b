namespace Dispatch.Testing;

/// <summary>A source of random numbers of which the same seed gives the same numbers for ever, on every machine: SplitMix64.</summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong state = seed;

    /// <summary>Gets the next 64 bits.</summary>
    public ulong Next()
    {
        ulong z = state += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    /// <summary>Gets a number from 0 to less than the bound, which is at least 1.</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>Gets a number from 0 to less than the bound, which is at least 1.</summary>
    public long Below(long bound) => (long)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>Gets a number from the least to the most, both included.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);
}
