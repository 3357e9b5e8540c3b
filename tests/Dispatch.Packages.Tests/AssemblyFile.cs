using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Dispatch.Packages.Tests;

/// <summary>An assembly that is read, and not loaded.</summary>
internal sealed class AssemblyFile : IDisposable
{
    private readonly PEReader image;

    private AssemblyFile(Stream content)
    {
        image = new PEReader(content);
        Metadata = image.GetMetadataReader();
    }

    /// <summary>Gets its tables.</summary>
    public MetadataReader Metadata { get; }

    /// <summary>Gets what its symbols have to be named.</summary>
    public BlobContentId PdbId
    {
        get
        {
            DebugDirectoryEntry entry = image.ReadDebugDirectory().Single(e => e.Type == DebugDirectoryEntryType.CodeView);
            return new BlobContentId(image.ReadCodeViewDebugDirectoryData(entry).Guid, entry.Stamp);
        }
    }

    /// <summary>Opens one as it was built.</summary>
    public static AssemblyFile Of(string package) => new(File.OpenRead(Repository.AssemblyOf(package)));

    /// <summary>Opens the one in a package.</summary>
    public static AssemblyFile OfPackage(PackedPackages packages, string name)
    {
        using ZipArchive package = packages.Open(name);
        using Stream entry = package.GetEntry($"lib/net10.0/{name}.dll")!.Open();
        MemoryStream content = new();
        entry.CopyTo(content);
        content.Position = 0;
        return new AssemblyFile(content);
    }

    /// <summary>Gets a method's code, or null where it has none.</summary>
    public MethodBodyBlock? Body(MethodDefinition method) => method.RelativeVirtualAddress == 0 ? null : image.GetMethodBody(method.RelativeVirtualAddress);

    public void Dispose() => image.Dispose();
}
