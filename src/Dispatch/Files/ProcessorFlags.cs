using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>The few flags of <c>open(2)</c> whose values differ between processors.</summary>
internal static class ProcessorFlags
{
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    /// <summary>Gets O_DIRECT.</summary>
    public static int Direct { get; } = IsArm ? 0x10000 : 0x4000;

    /// <summary>Gets O_NOFOLLOW.</summary>
    public static int NoFollow { get; } = IsArm ? 0x8000 : 0x20000;
}
