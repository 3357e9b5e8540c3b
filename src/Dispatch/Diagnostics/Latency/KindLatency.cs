namespace Dispatch;

/// <summary>The histograms of one kind of request on one loop. Owner's to write, anybody's to read.</summary>
internal sealed class KindLatency(string loop, string call, bool isWorkerCall)
{
    private readonly LogHistogram queued = new();
    private readonly LogHistogram inKernel = new();
    private readonly LogHistogram inCallback = new();

    // Made once, so that measuring allocates nothing.
    private readonly KeyValuePair<string, object?> loopTag = new(LoopMeter.LoopTag, loop);
    private readonly KeyValuePair<string, object?> callTag = new(LoopMeter.RequestTag, call);

    /// <summary>Counts how long a request came to the kernel and was there.</summary>
    public void RecordRequest(long queuedNanoseconds, long kernelNanoseconds)
    {
        queued.Record(queuedNanoseconds);
        inKernel.Record(kernelNanoseconds);
        if (LoopMeter.Queued.Enabled)
        {
            LoopMeter.Queued.Record(queuedNanoseconds * 1e-9, loopTag, callTag);
        }

        if (LoopMeter.InKernel.Enabled)
        {
            LoopMeter.InKernel.Record(kernelNanoseconds * 1e-9, loopTag, callTag);
        }
    }

    /// <summary>Counts how long code took that a completion was handed to.</summary>
    public void RecordCallback(long nanoseconds)
    {
        inCallback.Record(nanoseconds);
        if (LoopMeter.InCallback.Enabled)
        {
            LoopMeter.InCallback.Record(nanoseconds * 1e-9, loopTag, callTag);
        }
    }

    /// <summary>Takes what there is. Any thread.</summary>
    public RequestLatency Snapshot() => new(call, isWorkerCall, queued.Snapshot(), inKernel.Snapshot(), inCallback.Snapshot());
}
