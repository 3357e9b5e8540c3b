using System.Runtime.InteropServices;

namespace Dispatch.Examples.KeyLookup;

/// <summary>A record as it lies in the file. The value follows from the key, so that whoever reads one can tell whether it is right.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct TableRecord(ulong Key, ulong First, ulong Second, ulong Third)
{
    /// <summary>Its size.</summary>
    public const int Bytes = 4 * sizeof(ulong);

    private const int KeyGap = 34; // Keys are far apart and irregular: bits of a number above, scattered bits below.

    /// <summary>Gets a value indicating whether the value is that of the key.</summary>
    public bool IsRight => this == Of(Key);

    /// <summary>Makes the key of a record.</summary>
    /// <param name="number">Its place in the order.</param>
    /// <returns>The key.</returns>
    public static ulong KeyOf(int number) => ((ulong)number << KeyGap) | (Scatter((ulong)number) >> (64 - KeyGap));

    /// <summary>Makes the record of a key.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The record.</returns>
    public static TableRecord Of(ulong key) => new(key, Scatter(key), Scatter(key + 1), Scatter(key + 2));

    private static ulong Scatter(ulong value)
    {
        value += 0x9e3779b97f4a7c15;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}
