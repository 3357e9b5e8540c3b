using System.Text.RegularExpressions;

namespace Dispatch.Examples.LogWatch;

/// <summary>What was asked for.</summary>
internal sealed record LogWatchOptions
{
    public required IReadOnlyList<string> Paths { get; init; }

    public Regex? Match { get; init; }

    public bool FromStart { get; init; }

    public bool PrintJson { get; init; }

    public KernelKind Kernel { get; init; }
}
