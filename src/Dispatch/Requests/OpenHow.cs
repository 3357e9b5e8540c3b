namespace Dispatch;

/// <summary>How <see cref="IoRequest.OpenWith"/> opens: a <c>struct open_how</c>. Unlike <c>openat(2)</c>, <c>openat2(2)</c> refuses flags that it does not know, and a mode without <see cref="OpenFlags.Create"/>.</summary>
/// <param name="Flags">How to open.</param>
/// <param name="Mode">The permissions of a file that is created.</param>
/// <param name="Resolve">Where the path may lead.</param>
public readonly record struct OpenHow(OpenFlags Flags, UnixFileMode Mode = default, OpenResolve Resolve = OpenResolve.None);
