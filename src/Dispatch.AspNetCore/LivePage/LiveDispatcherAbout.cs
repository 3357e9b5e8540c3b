namespace Dispatch.AspNetCore;

/// <summary>A dispatcher in <see cref="LiveAbout"/>.</summary>
internal sealed record LiveDispatcherAbout(string Name, string Kernel, IReadOnlyList<LiveLoopAbout> Loops);
