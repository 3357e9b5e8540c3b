namespace Dispatch.Examples.Quickstart;

/// <summary>What the job on event loops came to.</summary>
/// <param name="Digests">What became of each file, in the order of their paths.</param>
/// <param name="Round">The questions and how they were answered.</param>
/// <param name="Loops">What each loop counted.</param>
internal sealed record JobResult(IReadOnlyList<FileDigest> Digests, QuestionRound Round, IReadOnlyList<LoopReport> Loops)
{
    /// <summary>Gets a value indicating whether every request got exactly one answer, on its owner, and every question too.</summary>
    public bool IsComplete => Round.IsComplete && Loops.All(l => l.Requests == l.Completions && l.Completions == l.CompletionsOnOwner);
}
