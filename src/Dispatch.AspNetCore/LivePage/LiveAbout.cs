namespace Dispatch.AspNetCore;

/// <summary>What the page is told once: who runs here, and what the loops were set up with.</summary>
internal sealed record LiveAbout(string Application, int Process, string Machine, string System, IReadOnlyList<LiveDispatcherAbout> Dispatchers);
