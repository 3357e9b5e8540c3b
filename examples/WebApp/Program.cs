using System.CommandLine;
using System.Net;
using Dispatch;
using Dispatch.AspNetCore;
using Dispatch.Examples;
using Dispatch.Examples.WebApp;

Option<int?> port = CommonOptions.Number("--port", "The port to listen on; 0 lets the system choose.", 0, 65_535);
port.Required = true;
Option<IPAddress> address = CommonOptions.Address();
Option<WebTransport> transport = CommonOptions.Choice("--transport", "What carries the connections: event loops, or ASP.NET Core's own sockets.", ("dispatch", WebTransport.Dispatch), ("sockets", WebTransport.Sockets));
Option<int?> loops = CommonOptions.Loops();
Option<CpuSet?> cpus = CommonOptions.Cpus();
Option<DispatchScheduling> scheduling = CommonOptions.Choice(
    "--scheduling",
    "Where requests run: on their connection's loop, on the thread pool, or on the loop until a connection keeps blocking it.",
    ("adaptive", DispatchScheduling.Adaptive),
    ("owner", DispatchScheduling.Owner),
    ("threadpool", DispatchScheduling.ThreadPool));
Option<KernelKind> kernel = CommonOptions.Kernel();
Option<bool> measure = new("--measure") { Description = "Measure where requests spend their time, for the live page and the metrics. It costs them some." };
Option<FileInfo?> https = new("--https") { Description = "Speak TLS, with the certificate and the key in this file: PEM, or PKCS #12 without a password.", HelpName = "CERT" };
Option<bool> http2 = new("--h2c") { Description = "Speak HTTP/2 without TLS, to clients that know it (h2load, curl --http2-prior-knowledge), and no HTTP/1.1." };
Option<DirectoryInfo?> files = new("--files") { Description = "The folder that /file serves and /upload stores to. Default: a new one with 1k.bin, 64k.bin and 1m.bin, removed at the end.", HelpName = "FOLDER" };
Option<bool> json = CommonOptions.Json();

RootCommand command = new(
    """
    A web application, the same on both transports. SIGINT and SIGTERM end it: requests in flight are answered, and it ends with 0.

      /plaintext        Hello, World!
      /json             the same as an object
      /file/{name}      a file of --files, read by loops where there are any
      /upload/{name}    stores the body (POST or PUT), answered when it is on the device; POST /upload finds a name
      /ws               a WebSocket that sends back what it receives
      /block/{ms}       a handler that blocks its thread, as none should
      /health           the health of the loops
      /metrics          metrics for Prometheus
      /dispatch         a live page on the loops
    """)
{
    port, address, transport, loops, cpus, scheduling, kernel, measure, https, http2, files, json,
};
command.SetAction(arguments => WebAppRun.RunAsync(new WebAppOptions
{
    EndPoint = new IPEndPoint(arguments.GetValue(address)!, arguments.GetValue(port)!.Value),
    Transport = arguments.GetValue(transport),
    LoopCount = arguments.GetValue(loops),
    Cpus = arguments.GetValue(cpus),
    Scheduling = arguments.GetValue(scheduling),
    Kernel = arguments.GetValue(kernel),
    MeasureLatency = arguments.GetValue(measure),
    Certificate = arguments.GetValue(https),
    IsHttp2WithoutTls = arguments.GetValue(http2),
    Files = arguments.GetValue(files),
    PrintJson = arguments.GetValue(json),
}));
Option[] ofLoops = [loops, cpus, scheduling, kernel, measure];
return ExampleProgram.Run(command, args, arguments =>
    CommonOptions.CheckCpus(arguments.GetValue(loops), arguments.GetValue(cpus)) is { } fault ? fault
    : arguments.GetValue(transport) == WebTransport.Sockets && ofLoops.FirstOrDefault(o => arguments.GetResult(o) is { Implicit: false }) is { } loopOption ? $"{loopOption.Name} goes with --transport dispatch."
    : arguments.GetValue(http2) && arguments.GetValue(https) is not null ? "--h2c is HTTP/2 without TLS, and --https is TLS, which has HTTP/2 anyway."
    : arguments.GetValue(files) is { Exists: false } missing ? $"--files, '{missing}', is no folder. Make it first: mkdir -p '{missing}'"
    : null);
