namespace Dispatch;

/// <summary>Where the time of one kind of request goes, on one loop. See <see cref="EventLoop.Latency"/>.</summary>
/// <param name="Call">The call, by the name of its man page: <c>read</c>, <c>accept</c>, <c>recv</c>.</param>
/// <param name="IsWorkerCall">Whether it is a system call that a worker made, because the ring cannot.</param>
/// <param name="Queued">From being submitted to being entered to the kernel, or to a worker's taking it up: one count a request.</param>
/// <param name="InKernel">
/// From there to the loop's seeing the completion, or to the worker's having made the call: one count a request; of one with many completions, its first. Of a receive, an accept or a timeout it is mostly the time in which nothing came. A completion that
/// arrives while the loop is busy is seen when the turn ends, or its next look at the ring: that time is in here.
/// </param>
/// <param name="InCallback">The time that code took on the loop when the completion was handed to it, up to its next await or its return: one count a completion.</param>
public sealed record RequestLatency(string Call, bool IsWorkerCall, LatencyHistogram Queued, LatencyHistogram InKernel, LatencyHistogram InCallback);
