namespace Dispatch.Examples.Echo;

/// <summary>What <c>--json</c> prints at the end.</summary>
/// <param name="Mode">How completions were consumed.</param>
/// <param name="Idle">What a loop did that had nothing to do.</param>
/// <param name="AllocatedBytes">How many bytes the program has allocated, all in all.</param>
/// <param name="Loops">What each loop has counted.</param>
internal sealed record EchoSummary(string Mode, string Idle, long AllocatedBytes, IReadOnlyList<LoopStatistics> Loops);
