using System.Globalization;
using System.Text;

namespace Dispatch.Tables;

/// <summary>The table of the ring's operations as C#: a record a row.</summary>
internal static class OpcodeCode
{
    private static readonly string[] Columns = ["call", "factories", "man", "kernel", "lacking", "runs"];

    public static string Render(DataTable table)
    {
        StringBuilder text = new();
        text.AppendLine("namespace Dispatch;").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"// Made from opcodes.tsv by: {GeneratedFile.Command}. Change the data, not this.").AppendLine();
        text.AppendLine("/// <content>The data.</content>");
        text.AppendLine("internal static partial class OpcodeTable").AppendLine("{");
        text.AppendLine("    private static readonly OpcodeFacts[] Rows =").AppendLine("    [");
        foreach (string[] row in table.Rows)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"        new(Opcode.{table[row, "opcode"]}, {string.Join(", ", Columns.Select(c => Quoted(table[row, c])))}),");
        }

        return text.AppendLine("    ];").AppendLine("}").ToString();
    }

    private static string Quoted(string cell) => cell == "-" ? "string.Empty" : $"\"{cell.Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
