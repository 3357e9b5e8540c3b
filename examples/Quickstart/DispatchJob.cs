using System.Net;

namespace Dispatch.Examples.Quickstart;

/// <summary>The job on event loops: digest every file, then serve the digests to clients that ask for all of them.</summary>
internal sealed class DispatchJob(Dispatcher dispatcher, FileTree tree)
{
    /// <summary>Gets the meters of the loops.</summary>
    public LoopMeters Meters { get; } = new(dispatcher);

    /// <summary>Gets the questions and their answers, once the files are read.</summary>
    public QuestionRound? Round { get; private set; }

    /// <summary>Runs the job. The main part of it is at home on one loop, like everything else.</summary>
    /// <returns>What came out.</returns>
    public Task<JobResult> RunAsync() => dispatcher.RunAsync(async () =>
    {
        await Meters.BeginAsync();
        IReadOnlyList<FileDigest> digests = await DigestAsync();
        await AskAsync(new DigestBook(digests));
        return new JobResult(digests, Round!, await Meters.EndAsync());
    });

    private async Task<IReadOnlyList<FileDigest>> DigestAsync()
    {
        DigestCollector collector = new();
        using (new DigestStream(dispatcher, tree.Files, Meters).Subscribe(collector))
        {
            return await collector.Completed;
        }
    }

    private async Task AskAsync(DigestBook book)
    {
        QuestionRound round = new(book);
        Round = round;
        await using Server server = dispatcher.Serve(new IPEndPoint(IPAddress.Loopback, 0), async (connection, stopping) =>
        {
            await using ConnectionLines client = new(connection, Meters[connection.Loop]);
            await book.ServeAsync(client, stopping);
        });

        // Each client lives on a loop of its own choice; the server's end of its connection lives where it was accepted.
        await Task.WhenAll(Enumerable.Range(0, QuestionRound.Clients).Select(number =>
        {
            EventLoop loop = dispatcher.Loops[number % dispatcher.Loops.Count];
            return loop.InvokeAsync(async () =>
            {
                Connection connection = await Meters[loop].Measure(Connection.ConnectAsync(server.LocalEndPoint));
                await using ConnectionLines lines = new(connection, Meters[loop]);
                await round.AskAsync(number, lines);
            });
        }));
    }
}
