using System.IO.Compression;
using System.Reflection.Metadata;
using System.Xml.Linq;

namespace Dispatch.Packages.Tests;

/// <summary>What is in the packages, and what they say of themselves.</summary>
public sealed class PackageTests(PackedPackages packages)
{
    private static readonly Guid EmbeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    public static TheoryData<string> Names => [.. PackedPackages.Names];

    [Fact]
    public void There_are_five() => Assert.Equal(["Dispatch", "Dispatch.AspNetCore", "Dispatch.Hosting", "Dispatch.Reactive", "Dispatch.Testing"], PackedPackages.Names);

    [Theory]
    [MemberData(nameof(Names))]
    public void It_says_what_it_is(string name)
    {
        XElement specification = packages.Specification(name);
        Assert.Equal(name, Value("id"));
        Assert.Equal("MIT", Value("license"));
        Assert.Equal("expression", specification.Element("license")!.Attribute("type")!.Value);
        Assert.Equal("README.md", Value("readme"));
        Assert.NotEqual("Package Description", Value("description"));
        Assert.True(Value("description").Length > 60);
        Assert.Contains("io_uring", Value("tags").Split(' '));
        Assert.NotEqual(name, Value("authors")); // The default: nobody has said.
        XElement repository = specification.Element("repository")!;
        Assert.Equal("git", repository.Attribute("type")!.Value);
        Assert.Equal(40, repository.Attribute("commit")!.Value.Length);

        string Value(string element) => specification.Element(element)!.Value;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_holds_the_assembly_its_documentation_and_the_readme_and_nothing_else(string name)
    {
        using ZipArchive package = packages.Open(name);
        IEnumerable<string> content = package.Entries.Select(e => e.FullName).Where(f => !f.StartsWith("_rels/", StringComparison.Ordinal) && !f.StartsWith("package/", StringComparison.Ordinal) && f != "[Content_Types].xml");
        Assert.Equal([name + ".nuspec", "README.md", $"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml"], content.OrderBy(f => f.Contains('/', StringComparison.Ordinal)).ThenBy(f => f, StringComparer.Ordinal).OrderBy(f => f == "README.md" ? 1 : f.EndsWith(".nuspec", StringComparison.Ordinal) ? 0 : 2));
        using StreamReader readme = new(package.GetEntry("README.md")!.Open());
        Assert.Equal(File.ReadAllText(Repository.PathOf("README.md")), readme.ReadToEnd());
    }

    [Theory]
    [InlineData("Dispatch", "Tmds.LibC")]
    [InlineData("Dispatch.AspNetCore", "Dispatch", "Dispatch.Hosting")]
    [InlineData("Dispatch.Hosting", "Dispatch", "Microsoft.Extensions.Diagnostics.HealthChecks", "Microsoft.Extensions.Hosting")]
    [InlineData("Dispatch.Reactive", "Dispatch", "System.Reactive")]
    [InlineData("Dispatch.Testing", "Dispatch")]
    public void It_depends_on_what_it_needs_in_the_versions_that_it_was_built_with(string name, params string[] dependencies)
    {
        XElement specification = packages.Specification(name);
        XElement group = Assert.Single(specification.Element("dependencies")!.Elements("group"));
        Assert.Equal("net10.0", group.Attribute("targetFramework")!.Value);
        Dictionary<string, string> versions = group.Elements("dependency").ToDictionary(d => d.Attribute("id")!.Value, d => d.Attribute("version")!.Value);
        Assert.Equal(dependencies.Order(StringComparer.Ordinal), versions.Keys.Order(StringComparer.Ordinal));
        Dictionary<string, string> central = XDocument.Load(Repository.PathOf("Directory.Packages.props")).Descendants("PackageVersion").ToDictionary(v => v.Attribute("Include")!.Value, v => v.Attribute("Version")!.Value);
        string own = specification.Element("version")!.Value;
        foreach ((string id, string version) in versions)
        {
            Assert.Equal(central.TryGetValue(id, out string? chosen) ? chosen : $"[{own}]", version); // They share internals with each other, and fit in one version only.
        }

        IEnumerable<string> frameworks = specification.Descendants("frameworkReference").Select(f => f.Attribute("name")!.Value);
        Assert.Equal(name == "Dispatch.AspNetCore" ? ["Microsoft.AspNetCore.App"] : Array.Empty<string>(), frameworks);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_symbols_fit_name_no_folder_of_the_builder_and_bring_what_no_repository_has(string name)
    {
        using ZipArchive symbols = packages.OpenSymbols(name);
        using MemoryStream content = new();
        using (Stream entry = symbols.GetEntry($"lib/net10.0/{name}.pdb")!.Open())
        {
            entry.CopyTo(content);
        }

        content.Position = 0;
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(content);
        MetadataReader reader = provider.GetMetadataReader();
        using AssemblyFile assembly = AssemblyFile.OfPackage(packages, name);
        Assert.Equal(assembly.PdbId, new BlobContentId(reader.DebugMetadataHeader!.Id));

        HashSet<DocumentHandle> embedded = [.. reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation).Where(i => reader.GetGuid(i.Kind) == EmbeddedSource).Select(i => (DocumentHandle)i.Parent)];
        foreach (DocumentHandle handle in reader.Documents)
        {
            string document = reader.GetString(reader.GetDocument(handle).Name);
            Assert.StartsWith("/_", document, StringComparison.Ordinal);
            string path = document[(document.IndexOf('/', 1) + 1)..];
            Assert.True(embedded.Contains(handle) || File.Exists(Repository.PathOf(path)), $"{document} is in no repository, and was not brought along.");
        }
    }
}
