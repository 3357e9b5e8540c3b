using System.Runtime.CompilerServices;

namespace Dispatch.AspNetCore;

/// <summary>Whether loops can be had here. Off Linux nothing of the core is touched to find out.</summary>
internal static class Platform
{
    public static bool IsSupported => OperatingSystem.IsLinux() && AskCore();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool AskCore() => Dispatcher.IsSupported;
}
