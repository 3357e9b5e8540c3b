namespace Dispatch.Tables;

/// <summary>A file that is made from a data file. Paths are relative to the repository's folder.</summary>
/// <param name="Source">The data file.</param>
/// <param name="Target">What is made from it.</param>
/// <param name="Render">How.</param>
public sealed record GeneratedFile(string Source, string Target, Func<DataTable, string> Render)
{
    /// <summary>How to write them all again.</summary>
    public const string Command = "dotnet run --project tests/Dispatch.Tables";

    /// <summary>Gets all there are.</summary>
    public static IReadOnlyList<GeneratedFile> All { get; } =
    [
        new("src/Dispatch/Syscalls/opcodes.tsv", "src/Dispatch/Syscalls/OpcodeTable.Data.cs", OpcodeCode.Render),
        new("src/Dispatch/Syscalls/syscalls.tsv", "src/Dispatch/Syscalls/SystemCallTable.Data.cs", SystemCallCode.Render),
        new("src/Dispatch/Syscalls/syscalls.tsv", "src/Dispatch/Syscalls/SAFETY.md", SystemCallPage.Render),
    ];

    /// <summary>Finds the repository's folder above another one.</summary>
    public static string FindRoot(string folder)
    {
        for (DirectoryInfo? candidate = new(folder); candidate is not null; candidate = candidate.Parent)
        {
            if (File.Exists(Path.Combine(candidate.FullName, "Dispatch.sln")))
            {
                return candidate.FullName;
            }
        }

        throw new DirectoryNotFoundException($"There is no Dispatch.sln in or above {folder}. Run this inside the repository.");
    }

    /// <summary>Makes the text.</summary>
    public string Make(string root) => Render(DataTable.Parse(File.ReadAllText(Path.Combine(root, Source))));

    /// <summary>Gets where the file is.</summary>
    public string PathIn(string root) => Path.Combine(root, Target);
}
