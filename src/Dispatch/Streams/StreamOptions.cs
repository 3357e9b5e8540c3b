namespace Dispatch;

/// <summary>
/// How a stream treats a reader that is slower than its source. A subscriber takes each item when it comes, inside <c>OnNext</c>, and is never behind; a reader of
/// <see cref="LoopStream{T}.ReadAllAsync"/> takes them when it likes. Read once, when the stream is made.
/// </summary>
public sealed class StreamOptions
{
    /// <summary>Gets or sets how many items may wait for the reader. Default 16.</summary>
    public int Capacity { get; set; } = 16;

    /// <summary>Gets or sets what happens to an item that finds no room. Default <see cref="StreamOverflow.Pause"/>.</summary>
    public StreamOverflow Overflow { get; set; }

    internal static StreamOptions Default { get; } = new();

    internal StreamOptions Checked(bool mayDrop, string what)
    {
        Check(Capacity is >= 1 and <= 1 << 20, nameof(Capacity), Capacity, "1 to 1,048,576 items");
        Check(Overflow is >= StreamOverflow.Pause and <= StreamOverflow.DropOldest, nameof(Overflow), Overflow, $"one of {nameof(StreamOverflow)}");
        Check(Overflow != StreamOverflow.DropOldest || mayDrop, nameof(Overflow), Overflow, $"{nameof(StreamOverflow.Pause)} or {nameof(StreamOverflow.Fail)}: {what} may not be dropped");
        return new StreamOptions { Capacity = Capacity, Overflow = Overflow };
    }

    private static void Check(bool valid, string name, object value, string range)
    {
        if (!valid)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{nameof(StreamOptions)}.{name} must be {range}.");
        }
    }
}
