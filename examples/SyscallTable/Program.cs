using System.CommandLine;
using Dispatch.Examples;
using Dispatch.Examples.SyscallTable;

Option<bool> calls = new("--calls") { Description = "Print the class of every system call instead, and why it is in it." };
Option<bool> json = CommonOptions.Json();

RootCommand command = new(
    """
    Makes every operation of the running kernel's io_uring once, each on a ring and a thread of its own, and prints where it ran: inline
    at the submit, asynchronously with no thread, on a kernel worker, or not at all. It works in a temporary folder, on loopback sockets
    and pipes. Where it ran is a fact about this kernel, this file system and this moment, and no promise.

    Ends with 1 where io_uring is refused, and with 2 for bad arguments.
    """)
{
    calls, json,
};
command.SetAction(arguments => SyscallTableRun.Run(arguments.GetValue(calls), arguments.GetValue(json)));
return ExampleProgram.Run(command, args);
