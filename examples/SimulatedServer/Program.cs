using System.CommandLine;
using Dispatch.Examples;
using Dispatch.Examples.SimulatedServer;

Option<int?> seeds = CommonOptions.Number("--seeds", "How many seeds are run. Default: 10,000.", 1, int.MaxValue);
Option<int?> seed = CommonOptions.Number("--seed", "The first seed. Default: 1.", 0, int.MaxValue);
Option<bool> bug = new("--planted-bug") { Description = "Run a server that answers from a buffer which it uses again before the send has completed." };

RootCommand command = new(
    """
    Tests a small server against a simulated kernel: some clients ask it for words in upper case, on a network that delivers late and in
    pieces, with loops that are interrupted and queues that overflow. Every seed is another run; all of it happens in memory, on one
    thread, in virtual time.

    Ends with 0 when every client of every seed got its answers; with 1 when one did not, with the seed, the faults that it takes and
    the last events, which are the same whenever that seed is run again; with 2 for bad arguments.
    """)
{
    seeds, seed, bug,
};
command.SetAction(arguments => SimulationRun.Run(
    count: arguments.GetValue(seeds) ?? 10_000,
    firstSeed: arguments.GetValue(seed) ?? 1,
    arguments.GetValue(bug)));
return ExampleProgram.Run(command, args);
