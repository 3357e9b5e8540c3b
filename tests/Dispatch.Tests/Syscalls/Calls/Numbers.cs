namespace Dispatch.Tests;

/// <summary>Numbers of system calls on this architecture, by their names.</summary>
internal static class Numbers
{
    public static long Of(string name) => SystemCallInfo.All.Single(c => c.Name == name).Number;
}
