namespace Dispatch.Tables;

/// <summary>A data file: tab-separated, the first line names the columns, no cell is empty.</summary>
public sealed class DataTable
{
    private readonly string[] columns;

    private DataTable(string[] columns, IReadOnlyList<string[]> rows)
    {
        this.columns = columns;
        Rows = rows;
    }

    /// <summary>Gets the rows: as many cells each as there are columns.</summary>
    public IReadOnlyList<string[]> Rows { get; }

    /// <summary>Gets a cell of a row by its column's name.</summary>
    public string this[string[] row, string column] => row[Array.IndexOf(columns, column) is >= 0 and int index ? index : throw new InvalidDataException($"There is no column '{column}'.")];

    /// <summary>Reads the text of a data file. Throws with the line where something is wrong.</summary>
    public static DataTable Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] columns = lines[0].Split('\t');
        List<string[]> rows = [];
        for (int i = 1; i < lines.Length; i++)
        {
            string[] cells = lines[i].Split('\t');
            if (cells.Length != columns.Length || Array.Exists(cells, string.IsNullOrWhiteSpace))
            {
                throw new InvalidDataException($"Line {i + 1} has {cells.Length} cells, some of them empty perhaps; each has to have {columns.Length} that say something ('-' for nothing): {lines[i]}");
            }

            rows.Add(cells);
        }

        return new DataTable(columns, rows);
    }
}
