namespace Dispatch.Benchmarks;

/// <summary>Random block numbers by the generator that the C reference uses, so that both pay the same for it.</summary>
internal struct BlockSequence(ulong seed, long blocks)
{
    private ulong state = 88172645463325252UL + seed;

    public long Next()
    {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return (long)(state % (ulong)blocks);
    }
}
