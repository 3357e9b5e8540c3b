namespace Dispatch;

/// <summary>One record of an inotify descriptor.</summary>
/// <param name="Watch">The watch that it is about.</param>
/// <param name="Mask">What has happened.</param>
/// <param name="Cookie">What the two halves of a move have in common.</param>
/// <param name="Name">The name inside a watched directory, or null.</param>
internal readonly record struct InotifyEvent(int Watch, uint Mask, uint Cookie, string? Name)
{
    /// <summary>Says whether something of a set has happened.</summary>
    public bool Is(uint mask) => (Mask & mask) != 0;
}
