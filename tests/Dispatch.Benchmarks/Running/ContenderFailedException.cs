namespace Dispatch.Benchmarks;

/// <summary>A contender broke, stalled or gave a wrong answer. Its figures are worthless, and the run fails.</summary>
internal sealed class ContenderFailedException(string reason) : Exception(reason);
