namespace Dispatch.Conformance;

/// <summary>The table of what a kernel cannot do: test — kernel: reason. A skip that is not here fails the suite, and so does one here that is none any more.</summary>
internal static class KnownSkips
{
    public static IReadOnlyList<string> All { get; } = [];
}
