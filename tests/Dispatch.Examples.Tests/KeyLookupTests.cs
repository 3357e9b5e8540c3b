using System.Text.Json;

namespace Dispatch.Examples.Tests;

/// <summary>Lookups in a small table: made at the first use, found at the next, and refused when it is not as it was made.</summary>
public sealed class KeyLookupTests
{
    private const int BlockBytes = 4096;

    private static readonly string[] Small = ["--records", "20000", "--lookups", "5000"];

    [Theory]
    [InlineData("auto", "cached", "32")]
    [InlineData("auto", "cached", "1")]
    [InlineData("auto", "--direct", "32")]
    [InlineData("aio", "cached", "32")]
    [InlineData("aio", "--direct", "8")]
    public void Every_key_is_found_with_its_value(string kernel, string mode, string depth)
    {
        using TableFolder folder = new();
        ExampleResult result = folder.Run([.. Small, "--kernel", kernel, "--depth", depth, "--json", .. mode == "cached" ? Array.Empty<string>() : [mode]]);

        Assert.Equal((0, 5000), (result.ExitCode, result.Json.GetProperty("lookups").GetInt32()));
        long cached = result.Json.GetProperty("cachedReads").GetInt64();
        long ring = result.Json.GetProperty("ringReads").GetInt64();
        Assert.Equal(10_000, cached + ring);
        Assert.Equal(mode == "cached" && depth == "1", cached > 0);
    }

    [Fact]
    public void A_table_is_made_once()
    {
        using TableFolder folder = new();
        ExampleResult first = folder.Run(Small);
        DateTime made = File.GetLastWriteTimeUtc(folder.Table);
        ExampleResult second = folder.Run(Small);

        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.Contains("Making", first.Error, StringComparison.Ordinal);
        Assert.Empty(second.Error);
        Assert.Equal(made, File.GetLastWriteTimeUtc(folder.Table));
        Assert.Equal([folder.Table], Directory.GetFiles(folder.Root));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(65_537)]
    public void Tables_of_any_size_have_all_their_keys(int records)
    {
        using TableFolder folder = new();
        ExampleResult result = folder.Run(["--records", $"{records}", "--lookups", "2000"]);

        Assert.Equal((0, string.Empty), (result.ExitCode, string.Join(string.Empty, result.ErrorLines.Skip(1))));
    }

    [Fact]
    public void The_comparison_has_figures_of_both_sides_and_the_same_lookups()
    {
        using TableFolder folder = new();
        ExampleResult result = folder.Run([.. Small, "--compare", "--json"]);

        Assert.Equal(0, result.ExitCode);
        JsonElement dispatch = result.Json.GetProperty("dispatch");
        JsonElement other = result.Json.GetProperty("randomAccess");
        Assert.Equal(dispatch.GetProperty("lookups").GetInt64(), other.GetProperty("lookups").GetInt64());
        Assert.All([dispatch, other], side => Assert.True(side.GetProperty("lookupsPerSecond").GetDouble() > 0 && side.GetProperty("cpuUsPerLookup").GetDouble() > 0));
        Assert.Contains("lookups a second", result.Output, StringComparison.Ordinal);
        Assert.Contains("bytes allocated", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "does not begin as a table")]
    [InlineData(9, "checksum of its header")]
    [InlineData(BlockBytes + 100, "checksum of its index")]
    [InlineData((2 * BlockBytes) + 8, "missing or wrong")]
    public void A_damaged_table_is_refused_with_what_to_do(int position, string fault)
    {
        using TableFolder folder = new();
        Assert.Equal(0, folder.Run(["--records", "100", "--lookups", "1"], records: 100).ExitCode);
        byte[] table = File.ReadAllBytes(folder.Table);
        for (int i = position; i < table.Length && (i == position || position > 2 * BlockBytes); i += 32)
        {
            table[i] ^= 1;
        }

        File.WriteAllBytes(folder.Table, table);
        VerifyRefused(folder, fault);
    }

    [Fact]
    public void A_table_that_was_cut_short_is_refused_with_what_to_do()
    {
        using TableFolder folder = new();
        Assert.Equal(0, folder.Run(["--records", "100", "--lookups", "1"], records: 100).ExitCode);
        using (FileStream table = File.OpenWrite(folder.Table))
        {
            table.SetLength(table.Length - 1);
        }

        VerifyRefused(folder, "bytes instead of");
    }

    [Fact]
    public void A_table_whose_making_was_interrupted_is_made_again()
    {
        using TableFolder folder = new();
        using (ExampleProcess interrupted = ExampleProcess.Start("KeyLookup", "--folder", folder.Root, "--records", "2000000", "--lookups", "1"))
        {
            Assert.True(SpinWait.SpinUntil(() => Directory.GetFiles(folder.Root).Length != 0, TimeSpan.FromMinutes(2)));
        } // Killed.

        Assert.Equal(0, folder.Run(["--records", "2000000", "--lookups", "100"]).ExitCode);
        Assert.Equal([Path.Combine(folder.Root, "2000000.table")], Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void What_an_interrupted_making_left_is_removed_by_the_next_and_what_one_that_goes_on_makes_is_not()
    {
        using TableFolder folder = new();
        string own = Path.Combine(folder.Root, $"7.table.partial-{Environment.ProcessId}");
        File.WriteAllText(own, "made by a process that is there");
        File.WriteAllText(Path.Combine(folder.Root, "7.table.partial-99999999"), "left by one that is no more");

        Assert.Equal(0, folder.Run(Small).ExitCode);
        Assert.Equal([folder.Table, own], Directory.GetFiles(folder.Root).Order(StringComparer.Ordinal));
    }

    private static void VerifyRefused(TableFolder folder, string fault)
    {
        ExampleResult result = folder.Run(["--records", "100", "--lookups", "100"], records: 100);

        Assert.Equal(1, result.ExitCode);
        Assert.Empty(result.Output);
        string line = Assert.Single(result.ErrorLines);
        Assert.Contains("is damaged", line, StringComparison.Ordinal);
        Assert.Contains(fault, line, StringComparison.Ordinal);
        Assert.EndsWith($"rm '{folder.Table}'", line, StringComparison.Ordinal);
    }

    /// <summary>A folder for tables beside the tests: the system's own for temporary files may be in memory, which has no direct I/O.</summary>
    private sealed class TableFolder : IDisposable
    {
        private int records = 20_000;

        public string Root { get; } = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, $"tables-{Guid.NewGuid():n}")).FullName;

        public string Table => Path.Combine(Root, $"{records}.table");

        public ExampleResult Run(string[] arguments, int records = 20_000)
        {
            this.records = records;
            return ExampleProcess.Run("KeyLookup", ["--folder", Root, .. arguments]);
        }

        public void Dispose() => Directory.Delete(Root, recursive: true);
    }
}
