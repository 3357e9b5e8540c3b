using System.CommandLine;
using Dispatch;
using Dispatch.Examples;
using Dispatch.Examples.KeyLookup;

Option<int?> records = CommonOptions.Number("--records", "How many records the table has. Default: 10000000.", 1, TableLayout.MostRecords);
Option<int?> lookups = CommonOptions.Number("--lookups", "How many to look up, all in all. Default: 1000000.", 1, int.MaxValue);
Option<int?> depth = CommonOptions.Number("--depth", "How many lookups each loop has begun at a time. Default: 32.", 1, 1024);
Option<int?> loops = CommonOptions.Loops();
Option<KernelKind> kernel = CommonOptions.Kernel();
Option<string> folder = new("--folder")
{
    Description = "Where the table is, or is made at first use: some 32 bytes a record. Default: dispatch-key-lookup in the folder for temporary files.",
    HelpName = "DIRECTORY",
    DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "dispatch-key-lookup"),
};
Option<bool> direct = new("--direct") { Description = "Read from the device (O_DIRECT), not from the page cache." };
Option<bool> compare = new("--compare") { Description = "Do the same with RandomAccess.ReadAsync, by turns, all on one CPU, and print what a lookup costs either way." };
Option<bool> json = CommonOptions.Json();

RootCommand command = new(
    """
    Looks records up in a sorted table: find the index block, read it, search it, read the block of records that it names, search that. The
    logic between the two reads runs on the loop that owns them, as plain code behind an await. Every record is checked.

    The table is made at the first use. Ends with 0 when every key was found with its own value, with 1 when something failed, and with 2 for
    bad arguments.
    """)
{
    records, lookups, depth, loops, kernel, folder, direct, compare, json,
};
command.SetAction(arguments => KeyLookupRun.RunAsync(new KeyLookupOptions
{
    Records = arguments.GetValue(records) ?? 10_000_000,
    Lookups = arguments.GetValue(lookups) ?? 1_000_000,
    Depth = arguments.GetValue(depth) ?? 32,
    LoopCount = arguments.GetValue(loops),
    Kernel = arguments.GetValue(kernel),
    Folder = arguments.GetValue(folder)!,
    IsDirect = arguments.GetValue(direct),
    Compare = arguments.GetValue(compare),
    PrintJson = arguments.GetValue(json),
}));
return ExampleProgram.Run(command, args, parsed => parsed.GetValue(compare) && parsed.GetValue(loops) > 1 ? "--compare is about one loop on one CPU: leave --loops out." : null);
