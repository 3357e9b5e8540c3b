using System.Text;

namespace Dispatch;

/// <summary>
/// Which loop owns a key. The answer depends on the key and the number of loops alone: it is the same in every run, in every process and on every
/// machine, and when loops are added, keys move to the new ones only. (<see cref="string.GetHashCode()"/> is none of this: it is seeded
/// anew in each process.) Changing anything here moves users' keys: it is a breaking change.
/// </summary>
/// <remarks>Pure functions, for any thread; nothing is allocated.</remarks>
internal static class RoutingKey
{
    private const ulong FnvOffset = 0xCBF29CE484222325;
    private const ulong FnvPrime = 0x00000100000001B3;

    /// <summary>Hashes bytes: FNV-1a over 64 bits, finished so that every bit of the answer depends on every byte.</summary>
    public static ulong Hash(ReadOnlySpan<byte> key)
    {
        ulong hash = FnvOffset;
        foreach (byte value in key)
        {
            hash = (hash ^ value) * FnvPrime;
        }

        return Mix(hash);
    }

    /// <summary>Hashes text by its UTF-8 bytes: a key has the same owner whether it arrives as text or as bytes off the wire.</summary>
    /// <param name="key">The text. Surrogates without a partner count as U+FFFD, as they do when encoded.</param>
    public static ulong Hash(ReadOnlySpan<char> key)
    {
        Span<byte> utf8 = stackalloc byte[4];
        ulong hash = FnvOffset;
        foreach (Rune rune in key.EnumerateRunes())
        {
            int length = rune.EncodeToUtf8(utf8);
            for (int i = 0; i < length; i++)
            {
                hash = (hash ^ utf8[i]) * FnvPrime;
            }
        }

        return Mix(hash);
    }

    /// <summary>Hashes a number; no two numbers have the same hash.</summary>
    public static ulong Hash(long key) => Mix((ulong)key);

    /// <summary>Tells the owner of a key of bytes.</summary>
    public static int LoopOf(ReadOnlySpan<byte> key, int loopCount) => Jump(Hash(key), loopCount);

    /// <summary>Tells the owner of a key of text: that of its UTF-8 bytes.</summary>
    public static int LoopOf(ReadOnlySpan<char> key, int loopCount) => Jump(Hash(key), loopCount);

    /// <summary>Tells the owner of a key that is a number.</summary>
    public static int LoopOf(long key, int loopCount) => Jump(Hash(key), loopCount);

    /// <summary>
    /// Jump consistent hash (Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", 2014). Going from n to n + 1 loops, one key
    /// of n + 1 moves, and it moves to the new loop.
    /// </summary>
    /// <param name="hash">A hash of the key; a key itself, where keys are spread over 64 bits already.</param>
    /// <param name="loopCount">How many loops there are, at least 1. The time taken grows with its logarithm.</param>
    /// <returns>The loop's index, from 0.</returns>
    public static int Jump(ulong hash, int loopCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(loopCount, 1);

        // Imagine loops added one by one. The key jumps to loop j with probability 1/j; instead of tossing a coin for each loop, draw at once
        // how far the next jump goes. The last loop reached within loopCount is the owner. The generator, and rounding in double precision, are
        // those of the paper, so that other implementations of it give the same owners.
        ulong state = hash;
        long owner = 0;
        long next = 0;
        while (next < loopCount)
        {
            owner = next;
            state = (state * 2862933555777941757) + 1;
            double draw = (double)(1L << 31) / ((state >> 33) + 1);
            next = (long)((owner + 1) * draw);
        }

        return (int)owner;
    }

    // The finaliser of MurmurHash3: without it, keys that differ in their last byte alone would differ in few of the hash's high bits.
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 33)) * 0xFF51AFD7ED558CCD;
        value = (value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53;
        return value ^ (value >> 33);
    }
}
