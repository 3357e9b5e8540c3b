using System.CommandLine;
using System.Net;
using Dispatch;
using Dispatch.Examples;
using Dispatch.Examples.Echo;

Option<int?> port = CommonOptions.Number("--port", "The port to listen on; 0 lets the system choose.", 0, 65_535);
port.Required = true;
Option<IPAddress> address = CommonOptions.Address();
Option<int?> loops = CommonOptions.Loops();
Option<CpuSet?> cpus = CommonOptions.Cpus();
Option<EchoMode> mode = CommonOptions.Choice(
    "--mode",
    "How completions are consumed.",
    ("await", EchoMode.Await),
    ("observe", EchoMode.Observe),
    ("pipe", EchoMode.Pipe),
    ("stream", EchoMode.Stream),
    ("poll", EchoMode.Poll));
Option<EchoIdle> idle = CommonOptions.Choice("--idle", "What a loop does that has nothing to do.", ("park", EchoIdle.Park), ("spin", EchoIdle.Spin), ("yield", EchoIdle.Yield));
Option<KernelKind> kernel = CommonOptions.Kernel();
Option<int?> buffers = CommonOptions.Number("--buffers", "How many receive buffers a loop has; a power of two. Default: as many as it turns out to need.", 1, 32_768);
buffers.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int?>() is { } count && !int.IsPow2(count))
    {
        result.AddError("--buffers takes a power of two.");
    }
});
Option<bool> json = CommonOptions.Json();

RootCommand command = new(
    """
    Sends back what it receives. SIGINT and SIGTERM end it: connections may finish what they are sending, and it ends with 0.

    Five ways to write a server: --mode await has an async method a connection, --mode observe an observer a connection, --mode pipe and
    --mode stream what code written for .NET's pipes and streams has, and --mode poll a thread of its own a loop, which takes completions
    out of the ring as a C server would.
    """)
{
    port, address, loops, cpus, mode, idle, kernel, buffers, json,
};
command.SetAction(arguments => EchoRun.RunAsync(new EchoOptions
{
    EndPoint = new IPEndPoint(arguments.GetValue(address)!, arguments.GetValue(port)!.Value),
    LoopCount = arguments.GetValue(loops),
    Cpus = arguments.GetValue(cpus),
    Mode = arguments.GetValue(mode),
    Idle = arguments.GetValue(idle),
    Kernel = arguments.GetValue(kernel),
    Buffers = arguments.GetValue(buffers),
    PrintJson = arguments.GetValue(json),
}));
return ExampleProgram.Run(command, args, arguments => CommonOptions.CheckCpus(arguments.GetValue(loops), arguments.GetValue(cpus)));
