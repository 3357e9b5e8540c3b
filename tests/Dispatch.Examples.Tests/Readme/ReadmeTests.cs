using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Dispatch.Examples.Tests;

/// <summary>The README is product: what it shows compiles, runs, and names files that exist.</summary>
public sealed partial class ReadmeTests
{
    /// <summary>A package that was built against an older version of the framework. The SDK leaves this warning out of every build, too.</summary>
    private const string UnifiedReference = "CS1701";

    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Net.Http;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    public static TheoryData<int> Snippets => [.. Enumerable.Range(0, Blocks().Count)];

    [Fact]
    public void The_readme_has_snippets() => Assert.True(Blocks().Count >= 5);

    [Theory]
    [MemberData(nameof(Snippets))]
    public void A_snippet_of_the_readme_compiles_as_a_whole_program(int index) => Compile(Blocks()[index]);

    [Theory]
    [MemberData(nameof(Snippets))]
    public async Task A_snippet_of_the_readme_that_ends_by_itself_runs(int index)
    {
        string code = Blocks()[index];
        if (code.Contains("Console.ReadLine", StringComparison.Ordinal) || code.Contains(".Run();", StringComparison.Ordinal))
        {
            return; // Servers and hosts: they run until they are stopped. Their kind is tested as programs.
        }

        Assembly assembly = Compile(code);
        object?[]? arguments = assembly.EntryPoint!.GetParameters().Length == 0 ? null : [Array.Empty<string>()];
        Task run = Task.Run(
            async () =>
            {
                if (assembly.EntryPoint.Invoke(null, arguments) is Task task)
                {
                    await task;
                }
            },
            TestContext.Current.CancellationToken);
        await run.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Every_project_and_folder_that_the_readme_names_exists()
    {
        string text = File.ReadAllText(Path.Combine(Root(), "README.md"));
        foreach (Match match in NamedPath().Matches(text))
        {
            string path = Path.Combine(Root(), match.Value);
            Assert.True(Directory.Exists(path) || File.Exists(path), $"The README names {match.Value}, which does not exist.");
        }
    }

    private static List<string> Blocks() =>
        [.. Block().Matches(File.ReadAllText(Path.Combine(Root(), "README.md"))).Select(m => m.Groups[1].Value)];

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Dispatch.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The test must run inside a checkout: Dispatch.sln was not found above it.");
    }

    private static Assembly Compile(string code)
    {
        IEnumerable<MetadataReference> references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));
        CSharpCompilation compilation = CSharpCompilation.Create(
            $"Snippet{Guid.NewGuid():N}",
            [CSharpSyntaxTree.ParseText(code), CSharpSyntaxTree.ParseText(ImplicitUsings)],
            references,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        using MemoryStream image = new();
        IEnumerable<Diagnostic> problems = compilation.Emit(image).Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning && d.Id != UnifiedReference);
        Assert.Empty(problems);
        image.Position = 0;
        return AssemblyLoadContext.Default.LoadFromStream(image);
    }

    [GeneratedRegex(@"```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"\b(?:examples|src|tests)/[A-Z][A-Za-z.]+")]
    private static partial Regex NamedPath();
}
