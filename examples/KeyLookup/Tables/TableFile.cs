namespace Dispatch.Examples.KeyLookup;

/// <summary>A table that is there and was looked at: its path, its layout, and the first key of each index block, in memory. The index itself stays in the file. Any thread.</summary>
/// <param name="Path">The path.</param>
/// <param name="Layout">Where things are.</param>
/// <param name="Root">The first key of each index block.</param>
internal sealed record TableFile(string Path, TableLayout Layout, ulong[] Root)
{
    /// <summary>Says what to do about a table that is not as it was made.</summary>
    /// <param name="path">The table.</param>
    /// <param name="fault">What is wrong with it.</param>
    /// <returns>The exception.</returns>
    public static InvalidDataException Damaged(string path, string fault) => new($"The table '{path}' is damaged: {fault}. Delete it, and the next run makes it again: rm '{path}'");

    /// <summary>Says that a key has no record, or a wrong one: all keys that are asked for were put in.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The exception.</returns>
    public InvalidDataException Lost(ulong key) => Damaged(Path, $"the record of key {key:x16} is missing or wrong");

    /// <summary>Says that the file is shorter than it was.</summary>
    /// <param name="offset">Where a block should be.</param>
    /// <returns>The exception.</returns>
    public InvalidDataException Cut(long offset) => Damaged(Path, $"it ends inside the block at offset {offset}");
}
