namespace Dispatch;

/// <summary>What a <see cref="FileTail"/> does with a line that is longer than <see cref="FileTailOptions.MaxLineBytes"/>.</summary>
public enum LongLine
{
    /// <summary>The stream ends with an <see cref="InvalidDataException"/> that names the file, the place and the limit.</summary>
    Fail,

    /// <summary>It comes in pieces of that length; all but the last say so (<see cref="FileLine.IsSplit"/>).</summary>
    Split,
}
