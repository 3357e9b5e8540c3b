namespace Dispatch.Examples.LogWatch;

/// <summary>Where matched lines go. Used on the loop's thread.</summary>
internal interface ILineOutput : IDisposable
{
    /// <summary>A line has matched. It is over when this returns.</summary>
    void Line(WatchedFile file, FileLine line);

    /// <summary>What was brought at once is through: now is the time to write it.</summary>
    void Flush();

    /// <summary>A second is over.</summary>
    void Second(IReadOnlyList<WatchedFile> files);
}
