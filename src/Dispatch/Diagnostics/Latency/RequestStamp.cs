namespace Dispatch;

/// <summary>When the request in a slot was staged and when it was entered, in nanoseconds; 0 for not yet, or counted already.</summary>
internal struct RequestStamp
{
    public long Staged;
    public long Entered;
    public KindLatency? Kind;
}
