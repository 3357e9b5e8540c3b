using System.Runtime.InteropServices;
using Dispatch.Examples.ChatRelay.Clients;
using Dispatch.Examples.ChatRelay.Rooms;

namespace Dispatch.Examples.ChatRelay;

/// <summary>The program from its options to its exit code: serve until a signal comes, say goodbye, and sum up.</summary>
internal static class ChatRelayRun
{
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(5);

    /// <summary>Runs it.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ChatRelayOptions options)
    {
        TaskCompletionSource stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { LoopCount = options.LoopCount, Kernel = options.Kernel });
        RoomDirectory rooms = new(dispatcher);
        ChatCounters counters = new();
        await using Server server = dispatcher.Serve(options.EndPoint, async (connection, stopping) =>
        {
            using ChatClient client = new(connection, rooms, counters, options.BacklogBytes);
            await client.RunAsync(stopping);
        });
        Console.WriteLine($"listening on {server.LocalEndPoint}");
        await stop.Task;

        await server.StopAsync(DrainTime);
        Console.WriteLine($"ended: {counters.Clients} clients, {counters.Said} lines said, {counters.TooSlow} clients let go because they did not read");
        if (options.PrintJson)
        {
            ExampleProgram.PrintJson(new { counters.Clients, counters.Said, counters.TooSlow });
        }

        return 0;

        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true; // The program ends by itself, after the goodbyes.
            stop.TrySetResult();
        }
    }
}
