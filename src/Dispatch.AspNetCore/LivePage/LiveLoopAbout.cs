namespace Dispatch.AspNetCore;

/// <summary>A loop in <see cref="LiveAbout"/>.</summary>
internal sealed record LiveLoopAbout(string Name, string Report);
