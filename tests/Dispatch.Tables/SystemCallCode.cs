using System.Globalization;
using System.Text;

namespace Dispatch.Tables;

/// <summary>
/// The safety table as C#: by each architecture's number the row, by the row one word of facts; names in one block of bytes, reasons once each. All of it is data of the assembly, read in place.
/// </summary>
internal static class SystemCallCode
{
    private const int Line = 24;

    private static readonly string[] Classes = ["worker", "ring", "refused"];
    private static readonly string[] Interruptions = ["no", "again", "tell", "ring"];
    private static readonly string[] Contexts = ["any", "user", "thread", "process", "address space"];

    public static string Render(DataTable table)
    {
        string[][] rows = [.. table.Rows];
        string[] names = [.. rows.Select(r => table[r, "name"])];
        string[] reasons = [.. rows.Select(r => table[r, "why"]).Distinct()];
        string[] forms = [.. rows.Where(r => table[r, "class"] == "ring").Select(r => Pascal(table[r, "name"]))];
        StringBuilder text = new();
        text.AppendLine("namespace Dispatch;").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"// Made from syscalls.tsv by: {GeneratedFile.Command}. Change the data, not this.").AppendLine();
        text.AppendLine("/// <summary>The system calls that the ring can make, each with its own arrangement of the arguments.</summary>");
        text.AppendLine("internal enum RingForm : byte").AppendLine("{").AppendLine("    None,");
        foreach (string form in forms)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"    {form},");
        }

        text.AppendLine("}").AppendLine();
        text.AppendLine("/// <content>The data.</content>");
        text.AppendLine("internal static partial class SystemCallTable").AppendLine("{");
        text.AppendLine(CultureInfo.InvariantCulture, $"    public const int Count = {rows.Length};").AppendLine();
        Array(text, "ushort", "X64Rows", ByNumber(table, rows, "x64"));
        Array(text, "ushort", "Arm64Rows", ByNumber(table, rows, "arm64"));
        Array(text, "uint", "Facts", rows.Select(r => Word(table, r, reasons, forms)));
        Array(text, "ushort", "NameEnds", names.Aggregate(new List<long>(), (ends, name) => [.. ends, (ends.Count == 0 ? 0 : ends[^1]) + name.Length]));
        text.AppendLine("    private static ReadOnlySpan<byte> Names =>");
        string[] pieces = [.. names.Chunk(8).Select(chunk => string.Concat(chunk))];
        for (int i = 0; i < pieces.Length; i++)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"        {(i == 0 ? "  " : "+ ")}\"{pieces[i]}\"u8{(i == pieces.Length - 1 ? ";" : string.Empty)}");
        }

        text.AppendLine().AppendLine("    private static string ReasonAt(uint index) => index switch").AppendLine("    {");
        for (int i = 0; i < reasons.Length; i++)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"        {i} => \"{reasons[i]}\",");
        }

        return text.AppendLine("        _ => string.Empty,").AppendLine("    };").AppendLine("}").ToString();
    }

    /// <summary>The bits of <c>SystemCallTable.Facts</c>; the class reads them where it says so.</summary>
    private static long Word(DataTable table, string[] row, string[] reasons, string[] forms)
    {
        long form = table[row, "class"] == "ring" ? System.Array.IndexOf(forms, Pascal(table[row, "name"])) + 1 : 0;
        return Index(Classes, table[row, "class"])
            | (Index(["no", "ever"], table[row, "waits"]) << 2)
            | (Index(Interruptions, table[row, "interrupted"]) << 3)
            | (Index(["-", "fd"], table[row, "makes"]) << 5)
            | (Index(Contexts, table[row, "context"]) << 6)
            | (form << 9)
            | (Index(reasons, table[row, "why"]) << 17);
    }

    private static long Index(string[] words, string word) =>
        System.Array.IndexOf(words, word) is >= 0 and int index ? index : throw new InvalidDataException($"'{word}' is none of: {string.Join(", ", words)}.");

    private static long[] ByNumber(DataTable table, string[][] rows, string column)
    {
        long[] byNumber = new long[rows.Select(r => table[r, column]).Where(n => n != "-").Max(n => int.Parse(n, CultureInfo.InvariantCulture)) + 1];
        for (int i = 0; i < rows.Length; i++)
        {
            if (table[rows[i], column] is not "-" and string number)
            {
                byNumber[int.Parse(number, CultureInfo.InvariantCulture)] = i + 1;
            }
        }

        return byNumber;
    }

    private static void Array(StringBuilder text, string type, string name, IEnumerable<long> values)
    {
        text.AppendLine(CultureInfo.InvariantCulture, $"    private static ReadOnlySpan<{type}> {name} =>").AppendLine("    [");
        foreach (long[] line in values.Chunk(Line))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"        {string.Join(", ", line)},");
        }

        text.AppendLine("    ];").AppendLine();
    }

    private static string Pascal(string name) => string.Concat(name.Split('_', StringSplitOptions.RemoveEmptyEntries).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
}
