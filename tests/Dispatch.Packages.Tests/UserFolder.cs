namespace Dispatch.Packages.Tests;

/// <summary>The folder of a user who has the packages in a source of their own, and everything else from where it always comes.</summary>
internal sealed class UserFolder : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Dictionary<string, string?> environment;

    /// <summary>Copies a project that lies beside the tests to the folder.</summary>
    public UserFolder(string project, PackedPackages packages)
    {
        folder.CopyFrom(project);

        // What is unpacked of our packages stays here: the machine's cache would keep this version of them for ever. What it has of others is used.
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string configuration = $"""
            <configuration>
              <packageSources>
                <clear />
                <add key="ours" value="{packages.Source}" />
                <add key="nuget.org" value="https://api.nuget.org/v3/index.json" />
              </packageSources>
              <packageSourceMapping>
                <packageSource key="ours"><package pattern="Dispatch" /><package pattern="Dispatch.*" /></packageSource>
                <packageSource key="nuget.org"><package pattern="*" /></packageSource>
              </packageSourceMapping>
              <fallbackPackageFolders>
                <clear />
                <add key="cache" value="{cache}" />
              </fallbackPackageFolders>
            </configuration>
            """;
        folder.Write("NuGet.config", configuration);
        environment = new()
        {
            ["NUGET_PACKAGES"] = folder.PathOf("cache"),
            ["DispatchVersion"] = packages.Specification("Dispatch").Element("version")!.Value,
        };
    }

    /// <summary>Gets a path in it.</summary>
    public string PathOf(params string[] parts) => folder.PathOf(parts);

    /// <summary>Runs the SDK's command here.</summary>
    public Task<string> DotNetAsync(params string[] arguments) => DotNet.RunAsync(folder.Root, environment, arguments);

    public void Dispose() => folder.Dispose();
}
