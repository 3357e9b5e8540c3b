namespace Dispatch;

/// <summary>Where a request writes results that somebody has to own: descriptors in memory. Asked to let go of them when nobody takes them any more.</summary>
internal interface IOrphanResults
{
    /// <summary>Closes what a successful completion has brought. Owner only; a provided buffer that it names has not been given back yet.</summary>
    void Abandon(LoopEngine engine, in CompletionEntry entry);
}
