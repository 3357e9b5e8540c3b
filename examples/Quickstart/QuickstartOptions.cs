namespace Dispatch.Examples.Quickstart;

/// <summary>What the command line asked for.</summary>
internal sealed record QuickstartOptions
{
    public required string Directory { get; init; }

    public required int? LoopCount { get; init; }

    public required KernelKind Kernel { get; init; }

    public required bool PrintSums { get; init; }

    public required bool Compare { get; init; }

    public required bool PrintJson { get; init; }
}
