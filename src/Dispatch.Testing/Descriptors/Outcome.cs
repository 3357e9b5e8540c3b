namespace Dispatch.Testing;

/// <summary>Results that are no result yet.</summary>
internal static class Outcome
{
    /// <summary>The call would have to wait.</summary>
    public const int WouldBlock = int.MinValue;
}
