using System.CommandLine;
using Dispatch;
using Dispatch.Examples;
using Dispatch.Examples.Quickstart;

Argument<string> directory = new("DIRECTORY") { Description = "The directory whose files are read.", DefaultValueFactory = _ => "." };
Option<int?> loops = CommonOptions.Loops();
Option<KernelKind> kernel = CommonOptions.Kernel();
Option<bool> sums = new("--sums") { Description = "Print lines for sha256sum -c, to be run inside DIRECTORY; the table then goes to standard error." };
Option<bool> compare = new("--compare") { Description = "Repeat the job on RandomAccess and .NET sockets, and print CPU time and context switches of both." };
Option<bool> json = CommonOptions.Json();

directory.Validators.Add(result =>
{
    string path = result.GetValueOrDefault<string>()!;
    if (!Directory.Exists(path))
    {
        result.AddError($"There is no directory '{path}'.");
    }
});

RootCommand command = new(
    """
    Reads every regular file under DIRECTORY through event loops (links are not followed), each file on the one loop that owns it, and
    serves their SHA-256 digests over loopback TCP to 64 connections of its own, which ask for every file.

    Ends with 0 when every digest equals that of a second, plain computation and every request got exactly one answer. Files that cannot
    be read, or that vanish or change meanwhile, have no digest: they are named and counted, and change nothing about that. Ends with 1
    otherwise, and with 2 for bad arguments.
    """)
{
    directory, loops, kernel, sums, compare, json,
};
command.SetAction(arguments => QuickstartRun.RunAsync(new QuickstartOptions
{
    Directory = arguments.GetValue(directory)!,
    LoopCount = arguments.GetValue(loops),
    Kernel = arguments.GetValue(kernel),
    PrintSums = arguments.GetValue(sums),
    Compare = arguments.GetValue(compare),
    PrintJson = arguments.GetValue(json),
}));
return ExampleProgram.Run(command, args);
