using System.Reflection.Metadata;

namespace Dispatch.Packages.Tests;

/// <summary>
/// Off Linux there is no Tmds.LibC to load, and the just-in-time compiler loads what a method's code names. So the code that runs there names nothing of it, and nothing of what is built on it; what does stands in methods
/// that are never inlined and run only where there are loops.
/// </summary>
public sealed class FallbackTests
{
    private const string Package = "Dispatch.AspNetCore";

    [Fact]
    public void Code_that_runs_without_loops_names_nothing_that_needs_them()
    {
        using AssemblyFile assembly = AssemblyFile.Of(Package);
        CodeReader code = new(assembly);
        HashSet<MethodDefinitionHandle> gates = [];
        HashSet<MethodDefinitionHandle> seen = [];
        Queue<MethodDefinitionHandle> reached = new(
        [
            .. code.MethodsOf("DispatchWebHostBuilderExtensions", "UseDispatch"),
            .. code.MethodsOf("UnsupportedTransportFactory", null),
            .. code.MethodsOf("DispatchTransportOptions", null),
        ]);
        while (reached.TryDequeue(out MethodDefinitionHandle method))
        {
            if (code.IsNeverInlined(method))
            {
                gates.Add(method); // Its name is called, and its code compiled when it is.
                continue;
            }

            if (!seen.Add(method))
            {
                continue;
            }

            foreach (EntityHandle named in code.NamedBy(method))
            {
                if (code.AssemblyOf(named) is { } other)
                {
                    Assert.False(other is "Dispatch" or "Dispatch.Hosting" or "Tmds.LibC", $"{code.NameOf(method)} names a member of {other}.");
                }
                else if (CodeReader.MethodIn(named) is { } called)
                {
                    reached.Enqueue(called);
                }
            }
        }

        Assert.Equal(["AddTransport", "AskCore"], gates.Select(code.NameOf).Order(StringComparer.Ordinal));
        Assert.Contains("get_IsSupported", seen.Select(code.NameOf));
        Assert.Contains(seen, m => code.NameOf(m).Contains("UseDispatch>b__", StringComparison.Ordinal)); // The delegate's code, too, is reached.
    }

    [Fact]
    public void No_other_package_than_the_core_names_the_system_library()
    {
        foreach (string name in PackedPackages.Names)
        {
            using AssemblyFile assembly = AssemblyFile.Of(name);
            string[] references = [.. assembly.Metadata.AssemblyReferences.Select(r => assembly.Metadata.GetString(assembly.Metadata.GetAssemblyReference(r).Name))];
            Assert.Equal(name is "Dispatch" or "Dispatch.Testing", references.Contains("Tmds.LibC"));
        }
    }
}
