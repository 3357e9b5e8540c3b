namespace Dispatch.Examples.KeyLookup;

/// <summary>The folder of tables, one for each number of records. A table appears there whole or not at all: it is made under another name, and renamed when it is on the device.</summary>
internal sealed class TableFolder(string path)
{
    private const string Partial = ".partial-";

    /// <summary>Finds the table with so many records, or makes it.</summary>
    /// <param name="dispatcher">The loops.</param>
    /// <param name="records">How many records.</param>
    /// <returns>The table, looked at.</returns>
    public Task<TableFile> FindOrMakeAsync(Dispatcher dispatcher, int records) => dispatcher.RunAsync(async () =>
    {
        TableLayout layout = new(records);
        string table = Path.Combine(path, $"{records}.table");
        if (!File.Exists(table))
        {
            Directory.CreateDirectory(path);
            RemoveLeftOvers();
            await MakeAsync(table, layout);
        }

        return await TableReader.OpenAsync(table, layout);
    });

    private static async Task MakeAsync(string table, TableLayout layout)
    {
        await Console.Error.WriteLineAsync($"Making '{table}': {layout.Records} records, {layout.Length >> 20} MiB.");
        string partial = table + Partial + Environment.ProcessId;
        try
        {
            await using (DispatchFile file = await DispatchFile.OpenAsync(partial, new FileOpenOptions { Mode = FileMode.Create, Access = FileAccess.Write }))
            {
                await new TableWriter(file, layout).WriteAsync();
            }

            await EventLoop.Current!.ExecuteAsync(IoRequest.Rename(partial, table));
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    /// <summary>What a run left behind that was ended before its end. One that still goes on has a process.</summary>
    private void RemoveLeftOvers()
    {
        foreach (string file in Directory.EnumerateFiles(path, "*" + Partial + "*"))
        {
            if (!Directory.Exists("/proc/" + file[(file.LastIndexOf('-') + 1)..]))
            {
                File.Delete(file);
            }
        }
    }
}
