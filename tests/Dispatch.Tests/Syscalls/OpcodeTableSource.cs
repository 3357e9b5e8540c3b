using System.Runtime.CompilerServices;
using System.Text;

namespace Dispatch.Tests.Syscalls;

/// <summary>opcodes.tsv, and the C# that is made of it.</summary>
internal static class OpcodeTableSource
{
    private const string Header = "number\topcode\tcall\tfactories\tman\tkernel\tlacking\truns";

    public static string TablePath => Path.Combine(Folder(), "opcodes.tsv");

    public static string GeneratedPath => Path.Combine(Folder(), "OpcodeTable.g.cs");

    /// <summary>The rows, each a list of fields.</summary>
    public static string[][] Read()
    {
        string[] lines = File.ReadAllLines(TablePath);
        Assert.Equal(Header, lines[0]);
        string[][] rows = [.. lines.Skip(1).Select(l => l.Split('\t'))];
        Assert.All(rows, r => Assert.True(r.Length == 8 && r.All(f => f.Length != 0), $"A row has 8 fields, of which none is empty ('-' for nothing): {string.Join(" | ", r)}"));
        return rows;
    }

    /// <summary>The C# for these rows.</summary>
    public static string Generate(string[][] rows)
    {
        StringBuilder text = new();
        text.Append("// Generated from opcodes.tsv. To write it anew: DISPATCH_WRITE_GENERATED=1 and run OpcodeTableTests of Dispatch.Tests.\n#nullable enable\n\nnamespace Dispatch;\n\n");
        text.Append("/// <content>The rows of opcodes.tsv.</content>\ninternal static partial class OpcodeTable\n{\n    private static readonly OpcodeFacts[] Rows =\n    [\n");
        foreach (string[] row in rows)
        {
            text.Append($"        new(Opcode.{row[1]}, {string.Join(", ", row[2..].Select(Quoted))}),\n");
        }

        return text.Append("    ];\n}\n").ToString();
    }

    private static string Quoted(string field) => field == "-" ? "\"\"" : $"\"{field.Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../src/Dispatch/Syscalls"));
}
