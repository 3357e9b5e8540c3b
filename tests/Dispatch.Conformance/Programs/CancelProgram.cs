namespace Dispatch.Conformance.Programs;

/// <summary>Random programs of requests that wait, what ends them, and cancels of them, all raw and at once. The outcome is what each request ended with.</summary>
internal sealed class CancelProgram(World world)
{
    public const int Kinds = 9;

    private readonly SortedDictionary<ulong, (string What, long? Result)> requests = [];
    private readonly bool[] written = new bool[2];
    private int pending;

    public static string Run(World world, IReadOnlyList<Step> steps)
    {
        CancelProgram program = new(world);
        return program.Run(steps);
    }

    private string Run(IReadOnlyList<Step> steps)
    {
        (int Number, int Other)[] pipes = [world.Pipe(), world.Pipe()];
        (int Number, int Other)[] sockets = [world.SocketPair(), world.SocketPair()];
        ulong tag = 0;
        foreach (Step step in steps)
        {
            int at = step.Slot % 2;
            tag++;
            switch (step.Kind % Kinds)
            {
                case 0:
                    Submit($"poll {at}", IoRequest.Poll(pipes[at].Number, PollEvents.Readable), tag);
                    break;
                case 1:
                    Submit($"receive {at}", IoRequest.Receive(sockets[at].Number, new byte[8]), tag);
                    break;
                case 2:
                    Submit("timeout", IoRequest.Timeout(TimeSpan.FromHours(1)), tag);
                    break;
                case 3:
                    Submit("timeout of no time", IoRequest.Timeout(TimeSpan.Zero), tag);
                    TakeUntil(tag);
                    break;
                case 4:
                    Submit("nop", IoRequest.Nop(), tag);
                    break;
                case 5 when !written[at]:
                    Submit($"write {at}", IoRequest.Write(pipes[at].Other, new byte[1], -1), tag);
                    written[at] = true;
                    TakeAll(r => r.StartsWith($"poll {at}", StringComparison.Ordinal) || r.StartsWith($"write {at}", StringComparison.Ordinal));
                    break;
                case 6:
                    ulong target = 1 + ((ulong)step.Size % tag);
                    Settle();
                    Submit($"cancel {target}", IoRequest.Cancel(target), tag);
                    TakeUntil(tag);
                    break;
                case 7:
                    Settle();
                    Submit($"cancel all of {at}", IoRequest.CancelAll(sockets[at].Number), tag);
                    TakeUntil(tag);
                    break;
                case 8 when step.First == 0:
                    Settle();
                    world.Loop.CancelAll();
                    TakeAll(_ => true);
                    break;
                default:
                    break;
            }
        }

        Settle();
        world.Loop.CancelAll();
        TakeAll(_ => true);
        Assert.False(world.Loop.TryTake(out _));
        world.Drive(() => world.Close([.. pipes.Concat(sockets).SelectMany(p => new[] { p.Number, p.Other })]));
        Outcome outcome = new();
        foreach ((ulong number, (string what, long? result)) in requests)
        {
            outcome.Add($"{number} {what}", (int)result!.Value);
        }

        return outcome.ToString();
    }

    private void Submit(string what, IoRequest request, ulong tag)
    {
        requests.Add(tag, (what, null));
        pending++;
        world.Loop.Submit(request, tag);
    }

    private void Take()
    {
        Completion completion = world.Take();
        (string what, long? before) = requests[completion.Tag];
        Assert.True(before is null, $"{what} completed twice.");
        requests[completion.Tag] = (what, completion.Result);
        pending--;
    }

    private void TakeUntil(ulong tag)
    {
        while (requests[tag].Result is null)
        {
            Take();
        }
    }

    private void TakeAll(Func<string, bool> which)
    {
        while (requests.Values.Any(r => r.Result is null && which(r.What)))
        {
            Take();
        }
    }

    /// <summary>Lets everything that has no reason to wait end, so that no cancel's answer depends on how fast it was.</summary>
    private void Settle() => TakeAll(r => r is "nop" or "timeout of no time" || (r == "poll 0" && written[0]) || (r == "poll 1" && written[1]));
}
