using System.Reflection;

namespace Dispatch.Packages.Tests;

/// <summary>The repository that these tests were built from.</summary>
internal static class Repository
{
    /// <summary>Gets the configuration that everything was built in.</summary>
    public static string Configuration => Metadata(nameof(Configuration));

    /// <summary>Gets the folder in which what is built for publishing stays from one run to the next.</summary>
    public static string PublishCache => Metadata(nameof(PublishCache));

    /// <summary>Gets a path in the repository.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Metadata("Repository"), .. parts]);

    /// <summary>Gets the path of an assembly of <c>src</c>, as it was built.</summary>
    public static string AssemblyOf(string package) => PathOf("src", package, Metadata("BuildFolder"), package + ".dll");

    private static string Metadata(string key) => typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
