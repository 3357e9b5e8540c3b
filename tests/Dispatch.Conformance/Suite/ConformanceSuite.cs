using System.Reflection;

namespace Dispatch.Conformance;

/// <summary>The tests of the suite.</summary>
internal static class ConformanceSuite
{
    public static IEnumerable<MethodInfo> Tests => typeof(ConformanceSuite).Assembly.GetTypes()
        .Where(t => t.IsSubclassOf(typeof(KernelTests)))
        .SelectMany(t => t.GetMethods())
        .Where(m => m.GetCustomAttribute<EveryKernelAttribute>() is not null);
}
