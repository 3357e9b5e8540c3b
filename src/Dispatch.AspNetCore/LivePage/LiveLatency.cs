namespace Dispatch.AspNetCore;

/// <summary>Where one kind of request spent its time lately.</summary>
internal sealed record LiveLatency(string Call, bool IsWorkerCall, LiveHistogram Queued, LiveHistogram InKernel, LiveHistogram InCallback);
