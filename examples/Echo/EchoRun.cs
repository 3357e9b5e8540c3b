using System.Runtime.InteropServices;

namespace Dispatch.Examples.Echo;

/// <summary>The program from its options to its exit code: serve until a signal comes, then drain.</summary>
internal static class EchoRun
{
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(5);

    /// <summary>Runs it.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(EchoOptions options)
    {
        TaskCompletionSource stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);

        IEchoServer server = options.Mode switch
        {
            EchoMode.Await => new DispatcherServer(options, AwaitEcho.ServeAsync),
            EchoMode.Pipe => new DispatcherServer(options, PipeEcho.ServeAsync),
            EchoMode.Stream => new DispatcherServer(options, StreamEcho.ServeAsync),
            EchoMode.Observe => new DispatcherServer(options, EchoObserver.ServeAsync),
            _ => new PollServer(options),
        };
        Console.WriteLine($"listening on {server.LocalEndPoint}");
        await stop.Task;

        IReadOnlyList<LoopStatistics> loops = await server.DrainAsync(DrainTime);
        Console.WriteLine($"drained: {loops.Sum(l => l.Completions)} completions in {loops.Sum(l => l.Enters)} kernel enters");
        if (options.PrintJson)
        {
            EchoSummary summary = new(options.Mode.ToString().ToLowerInvariant(), options.Idle.ToString().ToLowerInvariant(), GC.GetTotalAllocatedBytes(precise: true), loops);
            ExampleProgram.PrintJson(summary, EchoJson.Default.EchoSummary);
        }

        return 0;

        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true; // The program ends by itself, after the drain.
            stop.TrySetResult();
        }
    }
}
