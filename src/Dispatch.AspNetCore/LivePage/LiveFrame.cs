namespace Dispatch.AspNetCore;

/// <summary>What the page is told twice a second. Counts are totals: the page subtracts.</summary>
/// <param name="At">When, in milliseconds of a clock that only goes forward.</param>
/// <param name="Connections">Kestrel's connections.</param>
/// <param name="Requests">Its requests; null where they do not run on Dispatch's transport.</param>
/// <param name="Dispatchers">The dispatchers, as in <see cref="LiveAbout"/>.</param>
internal sealed record LiveFrame(long At, long Connections, LiveRequests? Requests, IReadOnlyList<LiveDispatcher> Dispatchers);
