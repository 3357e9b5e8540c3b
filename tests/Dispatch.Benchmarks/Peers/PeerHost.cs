using System.Globalization;
using System.Text.Json;

namespace Dispatch.Benchmarks;

/// <summary>
/// The child's side of the protocol: greets, then answers each line of the input with one JSON object, and ends when the input does.
/// All of it, the workload too, runs on one thread of its own: the runtime gives every thread that it creates the CPUs of the main thread, so
/// that pinning the main thread would pin them all.
/// </summary>
internal static class PeerHost
{
    public static int Run(string peer, PeerArguments arguments)
    {
        var thread = new Thread(() =>
        {
            // Lasts as long as the thread does.
            if (arguments.Cpu is { } cpu)
            {
                CpuPin.Enter(cpu);
            }

            if (Peers.Servers.TryGetValue(peer, out Func<PeerArguments, IEchoServer>? server))
            {
                Serve(server(arguments), arguments.Port);
            }
            else
            {
                Work(Peers.Workloads[peer](arguments));
            }
        });
        thread.Start();
        thread.Join();
        return 0;
    }

    private static void Serve(IEchoServer server, int port)
    {
        using (server)
        {
            Console.WriteLine($"listening on {server.Start(port)}");
            Answer((command, _) => command == "memory"
                ? new Window { Operations = 0, WallNs = 0, RetainedBytes = GC.GetTotalMemory(forceFullCollection: true) + ProcessMemory.Locked() }
                : new Window { Operations = 0, WallNs = 0, AllocatedBytes = AllocatedByOtherThreads() });
        }
    }

    private static void Work(IWorkload workload)
    {
        using (workload)
        {
            Console.WriteLine("ready");
            Answer((_, milliseconds) => workload.Run(TimeSpan.FromMilliseconds(milliseconds)));
        }
    }

    // This thread does nothing but talk to the runner, which is no part of the server's work.
    private static long AllocatedByOtherThreads() => GC.GetTotalAllocatedBytes(precise: true) - GC.GetAllocatedBytesForCurrentThread();

    private static void Answer(Func<string, int, Window> answer)
    {
        while (Console.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            int milliseconds = words.Length == 2 && words[0] == "run" ? int.Parse(words[1], CultureInfo.InvariantCulture) : 0;
            Console.WriteLine(JsonSerializer.Serialize(answer(words[0], milliseconds), WindowJson.Default.Window));
        }
    }
}
