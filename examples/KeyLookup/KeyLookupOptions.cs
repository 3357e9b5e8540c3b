namespace Dispatch.Examples.KeyLookup;

/// <summary>What the command line asked for.</summary>
internal sealed record KeyLookupOptions
{
    public required int Records { get; init; }

    public required int Lookups { get; init; }

    public required int Depth { get; init; }

    public required int? LoopCount { get; init; }

    public required KernelKind Kernel { get; init; }

    public required string Folder { get; init; }

    public required bool IsDirect { get; init; }

    public required bool Compare { get; init; }

    public required bool PrintJson { get; init; }
}
