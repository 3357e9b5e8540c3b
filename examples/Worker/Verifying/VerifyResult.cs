namespace Dispatch.Examples.Worker.Verifying;

/// <summary>What a check of all segments found.</summary>
internal sealed class VerifyResult
{
    public int Segments { get; set; }

    public long Records { get; set; }

    public long Bytes { get; set; }

    /// <summary>Gets what is not as it was written, a line each.</summary>
    public List<string> Damage { get; } = [];
}
