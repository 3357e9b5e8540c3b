using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>One entry of a list as its loop has it. Owner thread only.</summary>
internal sealed class ListEntry(LoopEngine engine, ListCore list, int index) : Operation(engine)
{
    /// <summary>Gets or sets the await of this entry alone, once there was one.</summary>
    public ListAwait? Await { get; set; }

    /// <summary>Starts a request that stands alone and needs nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void BeginBare(in SubmissionEntry entry) => StartEntry(entry);

    /// <summary>Starts a request that stands alone, by the way of all requests.</summary>
    public void Begin(in IoRequest request) => Start(request);

    /// <summary>Takes a step's references; the whole chain does so before one is staged.</summary>
    public void HoldStep(in IoRequest request, ref SubmissionEntry entry) => Hold(request, ref entry);

    /// <summary>Lets go of them: the chain is not staged after all.</summary>
    public void LetGoOfStep() => LetGo();

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal) => list.OnCompletion(index, entry, terminal);
}
