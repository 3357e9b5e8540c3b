using System.CommandLine;
using Dispatch;
using Dispatch.Examples;
using Dispatch.Examples.Worker;
using Dispatch.Examples.Worker.Verifying;

Argument<DirectoryInfo> spool = new("SPOOL") { Description = "The folder that files are put into. Write under a name that ends in .tmp, then rename." };
Argument<DirectoryInfo> output = new("OUT") { Description = "The folder of segments; it is made where it is missing." };
Option<int?> segment = CommonOptions.Number("--segment-size", "From how many MiB on a segment is full. Default: 64.", 1, 1 << 20);
Option<int?> batch = CommonOptions.Number("--batch", "How many files are stored with one sync at most. Default: 256.", 1, 512);
Option<bool> untilEmpty = new("--until-empty") { Description = "End when the spool is empty, instead of waiting for more." };
Option<bool> verify = new("--verify") { Description = "Check every record in OUT, and store nothing. Ends with 1 where something is damaged." };
Option<bool> list = new("--list") { Description = "With --verify: print every record's checksum, length and name." };
Option<KernelKind> kernel = CommonOptions.Kernel();
Option<bool> json = CommonOptions.Json();

RootCommand command = new(
    """
    A hosted service that moves files from a spool folder into checksummed segments.

    A file is removed from SPOOL when its record is on the device, and not before: whoever finds its file gone knows that it is stored, even if this
    program, or the machine, dies at that moment. SIGINT and SIGTERM end it with 0.
    """)
{
    spool, output, segment, batch, untilEmpty, verify, list, kernel, json,
};
command.SetAction(arguments => arguments.GetValue(verify)
    ? VerifyRun.RunAsync(arguments.GetValue(output)!.FullName, arguments.GetValue(list), arguments.GetValue(json), arguments.GetValue(kernel))
    : WorkerRun.RunAsync(
        new WorkerSettings
        {
            Spool = arguments.GetValue(spool)!.FullName,
            Segments = arguments.GetValue(output)!.FullName,
            SegmentBytes = (arguments.GetValue(segment) ?? 64) * 1024L * 1024,
            BatchFiles = arguments.GetValue(batch) ?? 256,
            UntilEmpty = arguments.GetValue(untilEmpty),
        },
        arguments.GetValue(kernel)));
return ExampleProgram.Run(command, args, arguments =>
    !arguments.GetValue(spool)!.Exists ? $"SPOOL, '{arguments.GetValue(spool)}', is no folder. Make it first: mkdir -p '{arguments.GetValue(spool)}'"
    : arguments.GetValue(verify) && !arguments.GetValue(output)!.Exists ? $"OUT, '{arguments.GetValue(output)}', is no folder: there is nothing to verify."
    : arguments.GetValue(list) && !arguments.GetValue(verify) ? "--list goes with --verify."
    : arguments.GetValue(json) && !arguments.GetValue(verify) ? "--json goes with --verify."
    : null);
