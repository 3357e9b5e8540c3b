namespace Dispatch.Benchmarks;

/// <summary>This machine lacks something that a contender needs. It is left out, and the report says why.</summary>
internal sealed class ContenderMissingException(string reason) : Exception(reason);
