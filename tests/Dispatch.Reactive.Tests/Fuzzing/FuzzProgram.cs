namespace Dispatch.Reactive.Tests;

/// <summary>A random query.</summary>
/// <param name="Source">Which source.</param>
/// <param name="Items">How many items it brings at most.</param>
/// <param name="Operators">The operators behind it, in order.</param>
/// <param name="DisposeAt">At which item the observer lets go; beyond the last, not at all.</param>
/// <param name="ThrowAt">At which item the observer throws; beyond the last, not at all.</param>
/// <param name="HasSecondLoop">Whether the source is on another loop than the observer.</param>
internal sealed record FuzzProgram(int Source, int Items, int[] Operators, int DisposeAt, int ThrowAt, bool HasSecondLoop)
{
    public override string ToString() => $"source {Source}, {Items} items, operators [{string.Join(' ', Operators)}], lets go at {DisposeAt}, throws at {ThrowAt}, second loop {HasSecondLoop}";
}
