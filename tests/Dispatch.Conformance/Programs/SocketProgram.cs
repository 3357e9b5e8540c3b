using System.Net;
using System.Net.Sockets;

namespace Dispatch.Conformance.Programs;

/// <summary>
/// Random programs over two connections, each awaited step by step. A receive is only made where something has to come of it: bytes on their way, an end, an error. What is still on its way when
/// a step looks is a matter of time, and no outcome.
/// </summary>
internal sealed class SocketProgram(World world)
{
    public const int Kinds = 10;

    private const int Room = 16_384;

    private readonly Outcome outcome = new();
    private readonly End[] ends = [new(), new(), new(), new()];

    public static async Task<string> RunAsync(World world, IReadOnlyList<Step> steps)
    {
        SocketProgram program = new(world);
        (program.ends[0].Number, program.ends[1].Number) = world.SocketPair();
        (program.ends[2].Number, program.ends[3].Number) = await program.ConnectAsync();
        foreach (Step step in steps)
        {
            await program.DoAsync(step);
        }

        foreach (End end in program.ends.Where(e => e.Number >= 0))
        {
            await world.Close(end.Number);
        }

        return program.outcome.ToString();
    }

    private async Task<(int First, int Second)> ConnectAsync()
    {
        (int listener, EndPoint endPoint) = world.Listen();
        int client = await world.Do(IoRequest.Socket(2, 1 | 0x80000));
        Task<int> accept = world.Do(IoRequest.Accept(listener));
        Assert.Equal(0, await world.Do(IoRequest.Connect(client, endPoint)));
        int server = await accept;
        await world.Close(listener);
        return (client, server);
    }

    private async Task DoAsync(Step step)
    {
        int at = step.Slot % ends.Length;
        End ours = ends[at];
        End theirs = ends[at ^ 1];
        int number = ours.Number < 0 ? 1_000_000_000 : ours.Number;
        int size = (step.Size % 3000) + 1;
        bool isTcp = at >= 2; // A reset comes when it comes, and what it meets is a matter of time.
        switch (step.Kind % Kinds)
        {
            case 0 or 1 or 2 or 3 when theirs.Pending + size <= Room && !(ours.Number >= 0 && (theirs.IsGone || (theirs.IsDeaf && isTcp))):
                int sent = await world.Do(IoRequest.Send(number, World.Pattern(size, step.First), MessageFlags.WaitAll));
                outcome.Add($"send {at} {size}", sent);
                theirs.Pending += Math.Max(0, sent);
                break;
            case 4 or 5 or 6 when ours.Number >= 0 && (ours.Pending != 0 || ours.HasEnd):
                byte[] buffer = new byte[ours.HasEnd ? size : Math.Min(size, ours.Pending)];
                int got = await world.Do(IoRequest.Receive(number, buffer, MessageFlags.WaitAll));
                outcome.Add($"receive {at} {buffer.Length}", got, buffer.AsSpan(0, Math.Max(0, got)));
                ours.Pending -= Math.Max(0, got);
                break;
            case 7:
                SocketShutdown how = step.First % 3 == 0 ? SocketShutdown.Both : SocketShutdown.Send;
                if ((how == SocketShutdown.Both && (ours.Pending != 0 || ours.Number < 0)) || (isTcp && ours.HasEnd && theirs.HasEnd))
                {
                    break; // What becomes of bytes on their way, and when a connection is over, is a matter of time.
                }

                outcome.Add($"shutdown {at} {how}", await world.Do(IoRequest.Shutdown(number, how)));
                if (ours.Number >= 0)
                {
                    theirs.HasEnd = true;
                    ours.HasEnd |= how == SocketShutdown.Both;
                    ours.IsDeaf |= how == SocketShutdown.Both;
                }

                break;
            case 8 when ours.Number >= 0 && ours.Pending == 0 && step.First % 2 == 0:
                outcome.Add($"close {at}", await world.Do(IoRequest.Close(number)));
                ours.Number = -1;
                ours.IsGone = true;
                theirs.HasEnd = true;
                break;
            case 9 when ours.Pending != 0 && ours.Number >= 0:
                outcome.Add($"poll {at}", await world.Do(IoRequest.Poll(number, PollEvents.Readable)) & (int)PollEvents.Readable);
                break;
            default:
                break;
        }
    }

    /// <summary>What one end has to expect.</summary>
    private sealed class End
    {
        public int Number { get; set; } = -1;

        public int Pending { get; set; }

        public bool HasEnd { get; set; }

        public bool IsGone { get; set; }

        public bool IsDeaf { get; set; }
    }
}
