using System.CommandLine;
using Dispatch;
using Dispatch.Examples;
using Dispatch.Examples.HotLoop;

Option<int?> seconds = CommonOptions.Number("--seconds", "How long to measure, all in all. Default: 5.", 1, 3600);
Option<KernelKind> kernel = CommonOptions.Kernel();
Option<bool> json = CommonOptions.Json();

RootCommand command = new(
    """
    A thread of the program's own that polls its ring: no system call while there is nothing to do, completions taken as they appear.
    Measures what that costs, and how soon it answers. Keeps a CPU busy, and for messages a second one.
    """)
{
    seconds, kernel, json,
};
command.SetAction(arguments => HotLoopRun.Run(TimeSpan.FromSeconds(arguments.GetValue(seconds) ?? 5), arguments.GetValue(kernel), arguments.GetValue(json)));
return ExampleProgram.Run(command, args);
