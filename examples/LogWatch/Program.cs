using System.CommandLine;
using System.Text.RegularExpressions;
using Dispatch;
using Dispatch.Examples;
using Dispatch.Examples.LogWatch;

Argument<string[]> paths = new("PATH")
{
    Description = "The files to follow. They have to exist; what takes their place later is followed too.",
    Arity = ArgumentArity.OneOrMore,
};
Option<Regex?> match = new("--match")
{
    Description = "Only lines that match this regular expression.",
    HelpName = "REGEX",
    CustomParser = result =>
    {
        try
        {
            return new Regex(result.Tokens[0].Value, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            result.AddError($"--match takes a regular expression (without look-around and back-references): {e.Message}");
            return null;
        }
    },
};
Option<bool> fromStart = new("--from-start") { Description = "Begin with the lines that are in the files already. Default: with those that come." };
Option<KernelKind> kernel = CommonOptions.Kernel();
Option<bool> json = CommonOptions.Json();

RootCommand command = new(
    """
    Follows growing and rotated files on one event loop: each line once, in order, whatever the rotation.
    In a terminal it draws rates; into a pipe or a file it writes the lines. Ctrl+C ends it with a summary.
    """)
{
    paths, match, fromStart, kernel, json,
};
command.SetAction((arguments, _) => LogWatchRun.RunAsync(new LogWatchOptions
{
    Paths = arguments.GetValue(paths)!,
    Match = arguments.GetValue(match),
    FromStart = arguments.GetValue(fromStart),
    Kernel = arguments.GetValue(kernel),
    PrintJson = arguments.GetValue(json),
}));
return ExampleProgram.Run(command, args, arguments => arguments.GetValue(paths)!.FirstOrDefault(path => !File.Exists(path)) is { } missing ? $"There is no file '{missing}'." : null);
