using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace Dispatch.Benchmarks;

/// <summary>The command line: what can be asked for, and with which settings.</summary>
internal static class CommandLine
{
    private const string List = "list";
    private const string All = "all";

    // What a shell reports of a program that SIGINT ended.
    private const int InterruptedExitCode = 130;

    // Wide enough for every column where there is no terminal to ask.
    private const int WidthWithoutTerminal = 180;

    public static RootCommand Build()
    {
        var defaults = new Settings();
        IReadOnlyList<int> cpus = CpuPin.AllowedCpus();
        var benchmark = new Argument<string>("benchmark") { Description = "What to run: a benchmark, a group of them, or all.", DefaultValueFactory = _ => List };
        benchmark.AcceptOnlyFromAmong([List, .. Catalog.Names, All]);
        Option<int> windows = Number("--windows", "Clean windows to measure of each contender.", defaults.Windows, 1, 1000);
        Option<int> window = Number("--window", "Length of a window in milliseconds.", (int)defaults.WindowLength.TotalMilliseconds, 10, 10_000);
        Option<int> warmUp = Number("--warm-up", "Milliseconds of work before the first window.", (int)defaults.WarmUp.TotalMilliseconds, 0, 60_000);
        Option<int> budget = Number("--budget", "Seconds that a benchmark's windows may take, dropped ones included.", (int)defaults.Budget.TotalSeconds, 1, 3600);
        Option<int> steal = Number("--max-steal", "Drop a window when the hypervisor took more percent of it.", (int)defaults.MaxStealPercent, 0, 100);
        Option<int> neighbours = Number("--max-neighbours", "Drop a window when other processes took more percent of it.", (int)defaults.MaxNeighboursPercent, 0, 100);
        Option<int> connections = Number("--connections", "Connections of the echo load.", defaults.Connections, 1, 50_000);
        Option<int> many = Number("--many", "Connections of the second echo run; 0 leaves it out.", defaults.ManyConnections, 0, 50_000);
        Option<int> bytes = Number("--bytes", "Bytes of an echoed message.", defaults.MessageBytes, 1, 65_536);
        Option<int> serverCpu = Cpu("--server-cpu", "The CPU of what is measured.", cpus[0], cpus);
        Option<int> loadCpu = Cpu("--load-cpu", "The CPU of the load.", cpus.Count > 1 ? cpus[1] : cpus[0], cpus);
        var folder = new Option<DirectoryInfo>("--folder") { Description = "Where to put the file that is read.", DefaultValueFactory = _ => new DirectoryInfo(defaults.Folder) };
        folder.AcceptExistingOnly();
        Option<string> kernel = Kernel();
        var json = new Option<bool>("--json") { Description = "Print one JSON object as the last line." };
        var check = new Option<bool>("--check") { Description = "Exit with 1 when a bar is not reached." };

        var root = new RootCommand("Measures Dispatch beside C on the bare ring and beside what .NET offers.")
        {
            benchmark, windows, window, warmUp, budget, steal, neighbours, connections, many, bytes, serverCpu, loadCpu, folder, kernel, json, check, Peer(),
        };
        root.SetAction(async (arguments, cancellationToken) =>
        {
            string name = arguments.GetValue(benchmark)!;
            if (name == List)
            {
                PrintList();
                return 0;
            }

            KernelChoice.Kind = KernelChoice.Parse(arguments.GetValue(kernel)!);
            var settings = new Settings
            {
                Windows = arguments.GetValue(windows),
                WindowLength = TimeSpan.FromMilliseconds(arguments.GetValue(window)),
                WarmUp = TimeSpan.FromMilliseconds(arguments.GetValue(warmUp)),
                Budget = TimeSpan.FromSeconds(arguments.GetValue(budget)),
                MaxStealPercent = arguments.GetValue(steal),
                MaxNeighboursPercent = arguments.GetValue(neighbours),
                Connections = arguments.GetValue(connections),
                ManyConnections = arguments.GetValue(many),
                MessageBytes = arguments.GetValue(bytes),
                ServerCpu = arguments.GetValue(serverCpu),
                LoadCpu = arguments.GetValue(loadCpu),
                Folder = arguments.GetValue(folder)!.FullName,
            };
            Benchmark[] chosen = [.. Catalog.All.Where(one => name == All || one.Group == name || one.Name == name)];
            return await RunAsync(chosen, settings, arguments.GetValue(json), arguments.GetValue(check), cancellationToken);
        });
        return root;
    }

    // The children that contenders run in. Hidden: what it prints is for the runner.
    private static Command Peer()
    {
        var name = new Argument<string>("name");
        name.AcceptOnlyFromAmong(Peers.Names);
        var port = new Option<int>("--port") { Description = "The port to listen on; 0 is any free one." };
        var file = new Option<string?>("--file") { Description = "The file to read." };
        var depth = new Option<int>("--depth") { Description = "Operations in flight.", DefaultValueFactory = _ => 64 };
        var cpu = new Option<int?>("--cpu") { Description = "The CPU of the workload's own thread." };
        var buffers = new Option<int?>("--buffers") { Description = "Receive buffers to begin with." };
        var bufferSize = new Option<int?>("--buffer-size") { Description = "Bytes of a receive buffer." };
        Option<string> kernel = Kernel();
        var peer = new Command("peer", "Runs one contender, which takes its orders from standard input.") { name, port, file, depth, cpu, buffers, bufferSize, kernel };
        peer.Hidden = true;
        peer.SetAction(arguments =>
        {
            KernelChoice.Kind = KernelChoice.Parse(arguments.GetValue(kernel)!);
            return PeerHost.Run(
                arguments.GetValue(name)!,
                new PeerArguments(
                    arguments.GetValue(port),
                    arguments.GetValue(file),
                    arguments.GetValue(depth),
                    arguments.GetValue(cpu),
                    arguments.GetValue(buffers),
                    arguments.GetValue(bufferSize)));
        });
        return peer;
    }

    private static Option<string> Kernel()
    {
        var kernel = new Option<string>("--kernel") { Description = "The kernel interface that Dispatch is measured on: auto, uring or aio.", DefaultValueFactory = _ => "auto" };
        kernel.AcceptOnlyFromAmong("auto", "io_uring", "aio");
        return kernel;
    }

    private static async Task<int> RunAsync(Benchmark[] benchmarks, Settings settings, bool json, bool check, CancellationToken cancellationToken)
    {
        IAnsiConsole console = AnsiConsole.Console;
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = WidthWithoutTerminal;
        }

        var runner = new BenchmarkRunner(settings, message => Console.Error.WriteLine(message));
        var report = new TableReport(console);
        List<BenchmarkResult> results = [];
        try
        {
            foreach (Benchmark benchmark in benchmarks)
            {
                BenchmarkResult result = await runner.RunAsync(benchmark, cancellationToken);
                results.Add(result);
                report.Print(result);
            }
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("interrupted");
            return InterruptedExitCode;
        }

        if (json)
        {
            Console.WriteLine(JsonReport.Write(results));
        }

        bool failed = results.Any(result => result.Contenders.Any(contender => contender.Failure is not null));
        bool missed = results.Any(result => result.Bars.Any(bar => bar.Reached == false));
        return failed || (check && missed) ? 1 : 0;
    }

    private static void PrintList()
    {
        foreach (Benchmark benchmark in Catalog.All)
        {
            Console.WriteLine($"{benchmark.Group,-10} {benchmark.Name}: {benchmark.Summary}");
            foreach (Bar bar in benchmark.Bars)
            {
                Console.WriteLine($"{string.Empty,-10}   {MetricFormat.Describe(bar)}");
            }
        }
    }

    private static Option<int> Number(string name, string description, int otherwise, int least, int most) =>
        Checked(name, description, otherwise, value => value >= least && value <= most, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"));

    private static Option<int> Cpu(string name, string description, int otherwise, IReadOnlyList<int> allowed) =>
        Checked(name, description, otherwise, allowed.Contains, $"a CPU that this process may run on: {string.Join(", ", allowed)}");

    private static Option<int> Checked(string name, string description, int otherwise, Func<int, bool> accepts, string expected) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => otherwise,
        CustomParser = result =>
        {
            string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : string.Empty;
            if (!int.TryParse(text, CultureInfo.InvariantCulture, out int value) || !accepts(value))
            {
                result.AddError($"{name} takes {expected}.");
            }

            return value;
        },
    };
}
