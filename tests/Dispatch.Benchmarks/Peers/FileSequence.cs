namespace Dispatch.Benchmarks;

/// <summary>The small files of <see cref="Workspace.SmallFiles"/>, one after the other, round and round. Not for two threads at a time but for <see cref="NextOfMany"/>.</summary>
internal sealed class FileSequence(string folder)
{
    private int next;

    public string[] Paths { get; } = [.. Enumerable.Range(0, Workspace.SmallFileCount).Select(number => Path.Combine(folder, Workspace.NameOf(number)))];

    /// <summary>Each file has its own length, and begins with its number.</summary>
    public static void Verify(int number, ReadOnlySpan<byte> content)
    {
        if (content.Length != Workspace.LengthOf(number) || BitConverter.ToInt32(content) != number)
        {
            throw new InvalidDataException($"The read of file {number} brought {content.Length} bytes, or another file's.");
        }
    }

    public int Next() => next++ % Paths.Length;

    public int NextOfMany() => (int)((uint)Interlocked.Increment(ref next) % (uint)Paths.Length);
}
