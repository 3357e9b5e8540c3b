using System.CommandLine;
using System.Net;
using Dispatch;
using Dispatch.Examples;
using Dispatch.Examples.ChatRelay;

Option<int?> port = CommonOptions.Number("--port", "The port to listen on; 0 lets the system choose.", 0, 65_535);
port.Required = true;
Option<IPAddress> address = CommonOptions.Address();
Option<int?> backlog = CommonOptions.Number("--backlog", "How many KiB may wait for a client that does not read, before it is let go. Default: 256.", 1, 65_536);
Option<int?> loops = CommonOptions.Loops();
Option<KernelKind> kernel = CommonOptions.Kernel();
Option<bool> json = CommonOptions.Json();

RootCommand command = new(
    """
    A chat of rooms. A client is a terminal: socat READLINE TCP:localhost:7000

    Each room is an Rx query over the connections of those who are in it: what they say is brought to the room's loop, put in one order there,
    and from there to the loop of each. A client that does not read is let go, and holds up nobody. SIGINT and SIGTERM end it with 0.
    """)
{
    port, address, backlog, loops, kernel, json,
};
command.SetAction(arguments => ChatRelayRun.RunAsync(new ChatRelayOptions
{
    EndPoint = new IPEndPoint(arguments.GetValue(address)!, arguments.GetValue(port)!.Value),
    BacklogBytes = (arguments.GetValue(backlog) ?? 256) * 1024,
    LoopCount = arguments.GetValue(loops),
    Kernel = arguments.GetValue(kernel),
    PrintJson = arguments.GetValue(json),
}));
return ExampleProgram.Run(command, args);
