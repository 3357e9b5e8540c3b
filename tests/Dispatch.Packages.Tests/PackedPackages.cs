using System.IO.Compression;
using System.Xml.Linq;

namespace Dispatch.Packages.Tests;

/// <summary>The packages, packed once for all tests from what was built.</summary>
public sealed class PackedPackages : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();

    /// <summary>Gets the names of the packages: the folders of <c>src</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Directory.GetDirectories(Repository.PathOf("src")).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    /// <summary>Gets the folder that they are in: a source of packages.</summary>
    public string Source => folder.PathOf("packages");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        // One run of MSBuild for all of them; each does what "dotnet pack" of it does.
        string projects = string.Join(';', Names.Select(n => Repository.PathOf("src", n, n + ".csproj")));
        string project = $"""
            <Project>
              <Target Name="Pack">
                <MSBuild Projects="{projects}" Targets="Pack" Properties="Configuration={Repository.Configuration};NoBuild=true;PackageOutputPath={Source}" />
              </Target>
            </Project>
            """;
        folder.Write("pack.proj", project);
        await DotNet.RunAsync(folder.Root, new Dictionary<string, string?>(), "msbuild", "pack.proj", "-t:Pack", "-nologo", "-v:m");
    }

    /// <summary>Opens a package.</summary>
    public ZipArchive Open(string name) => ZipFile.OpenRead(Directory.GetFiles(Source, name + ".*.nupkg").Single(f => IsOf(f, name)));

    /// <summary>Opens a package's symbols.</summary>
    public ZipArchive OpenSymbols(string name) => ZipFile.OpenRead(Directory.GetFiles(Source, name + ".*.snupkg").Single(f => IsOf(f, name)));

    /// <summary>Reads what a package says of itself.</summary>
    public XElement Specification(string name)
    {
        using ZipArchive package = Open(name);
        using Stream content = package.GetEntry(name + ".nuspec")!.Open();
        XElement root = XDocument.Load(content).Root!;
        foreach (XElement element in root.DescendantsAndSelf())
        {
            element.Name = element.Name.LocalName; // Its namespace is a matter of NuGet's age.
        }

        return root.Element("metadata")!;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return default;
    }

    /// <summary>Dispatch.1.0.0, and not Dispatch.Hosting.1.0.0.</summary>
    private static bool IsOf(string file, string name) => char.IsAsciiDigit(Path.GetFileName(file)[name.Length + 1]);
}
