using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>O_DIRECT, one of the few open flags that differ between processors.</summary>
internal static class DirectFlag
{
    public static int Value { get; } = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x10000 : 0x4000;
}
