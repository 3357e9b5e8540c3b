namespace Dispatch;

/// <summary>The options of a <see cref="FileTail"/>. Read once, when it is opened.</summary>
public sealed class FileTailOptions
{
    /// <summary>Gets or sets a value indicating whether the lines that are in the file already come too. Default false: what is written from the opening on.</summary>
    public bool FromStart { get; set; }

    /// <summary>Gets or sets a value indicating whether a file that is not there is waited for. Its directory has to exist. Default false: opening fails.</summary>
    public bool WaitForFile { get; set; }

    /// <summary>Gets or sets the length of the longest line, in bytes without its newline. Default 1 MiB.</summary>
    public int MaxLineBytes { get; set; } = 1 << 20;

    /// <summary>Gets or sets what becomes of longer ones. Default <see cref="LongLine.Fail"/>.</summary>
    public LongLine LongLines { get; set; }

    /// <summary>Gets or sets how many bytes a read asks for. Default 65,536.</summary>
    public int ReadBytes { get; set; } = 65_536;

    internal FileTailOptions Checked()
    {
        Check(MaxLineBytes is >= 1 and <= 1 << 30, nameof(MaxLineBytes), MaxLineBytes, "1 byte to 1 GiB");
        Check(ReadBytes is >= 16 and <= 1 << 24, nameof(ReadBytes), ReadBytes, "16 bytes to 16 MiB");
        Check(LongLines is LongLine.Fail or LongLine.Split, nameof(LongLines), LongLines, "one of LongLine");
        return (FileTailOptions)MemberwiseClone();
    }

    private static void Check(bool valid, string name, object value, string range)
    {
        if (!valid)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{nameof(FileTailOptions)}.{name} must be {range}.");
        }
    }
}
