namespace Dispatch.AspNetCore;

/// <summary>Requests so far, and those that have not ended.</summary>
internal sealed record LiveRequests(long Begun, long InFlight);
