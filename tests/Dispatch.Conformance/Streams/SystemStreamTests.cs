using System.Diagnostics;
using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Dispatch.Conformance.Streams;

/// <summary>Streams of what is the system's own: pipes, messages, directories, growing files, processes, signals. Their readers come and go, and nothing is missed.</summary>
public sealed class SystemStreamTests : KernelTests
{
    /// <summary>SIGUSR1.</summary>
    private const PosixSignal UserSignal = (PosixSignal)10;

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.BufferShortage)]
    public void A_pipe_is_read_whole_by_readers_that_come_and_go(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            (int readEnd, int writeEnd) = w.Pipe();
            PipeSource source = PipeSource.Adopt(readEnd, loop: w.Loop);
            byte[] data = World.Pattern(12_000, w.Seed);
            List<byte> got = [];
            Task writing = WriteAsync();
            bool isEnded = false;
            for (int round = w.Seed; !isEnded; round++)
            {
                isEnded = true;
                await foreach (BufferLease lease in source.Data.ReadAllAsync())
                {
                    got.AddRange(lease.Span);
                    await w.Turn(round % 3);
                    if (round % 2 == 0)
                    {
                        isEnded = false;
                        break;
                    }
                }
            }

            await writing;
            Assert.True(data.AsSpan().SequenceEqual(got.ToArray()), $"{got.Count} bytes of {data.Length}, or others");
            await source.CloseAsync();

            async Task WriteAsync()
            {
                for (int at = 0; at < data.Length;)
                {
                    at += await w.Do(IoRequest.Write(writeEnd, data.AsMemory(at, Math.Min(700, data.Length - at)), -1));
                }

                await w.Close(writeEnd);
            }
        },
        new EventLoopOptions { SubmissionEntries = 16, CompletionEntries = 64, ReceiveBufferCount = 4, MaxReceiveBufferCount = 4, ReceiveBufferSize = 512 },
        Tolerance.Any);

    [Theory]
    [EveryKernel]
    public void What_a_pipe_brings_when_its_observer_has_just_left_is_the_next_ones(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            (int readEnd, int writeEnd) = w.Pipe();
            PipeSource source = PipeSource.Adopt(readEnd, loop: w.Loop);
            byte[] data = World.Pattern(10, w.Seed);
            List<byte> got = [];
            for (int i = 0; i < data.Length; i++)
            {
                IDisposable subscription = Subscribe();
                await w.Turn(2);
                Task leaving = LeaveAsync(subscription); // Its no-op ends before the write that the read waits for: the observer leaves with the read's completion behind it in the ring.
                await w.Do(IoRequest.Write(writeEnd, data.AsMemory(i, 1), -1));
                await leaving;
                await w.Turn(2);
            }

            using (Subscribe())
            {
                await w.TurnUntil(() => got.Count == data.Length);
            }

            Assert.Equal(data, got);
            await w.Close(writeEnd);
            await source.CloseAsync();

            IDisposable Subscribe() => source.Data.Subscribe(new Recorder<BufferLease>(lease => got.AddRange(lease.Span)));

            async Task LeaveAsync(IDisposable subscription)
            {
                await w.Do(IoRequest.Nop());
                subscription.Dispose();
            }
        },
        tolerates: Tolerance.Any);

    [Theory]
    [EveryKernel]
    public void Messages_wait_for_readers_that_come_and_go_and_hold_their_writers_back(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            const int Messages = 40;
            LoopChannel<int> channel = new(capacity: 4, loop: w.Loop);
            Task writing = WriteAsync();
            List<int> got = [];
            for (int round = w.Seed; got.Count < Messages; round++)
            {
                await foreach (int message in channel.ReadAllAsync())
                {
                    got.Add(message);
                    await w.Turn(round % 3);
                    if (round % 2 == 0)
                    {
                        break;
                    }
                }
            }

            await writing;
            Assert.Equal(Enumerable.Range(0, Messages), got);

            async Task WriteAsync()
            {
                for (int i = 0; i < Messages; i++)
                {
                    await channel.WriteAsync(i);
                    Assert.InRange(channel.Count, 0, 5);
                }

                channel.Complete();
            }
        },
        tolerates: Tolerance.Any);

    [Theory]
    [EveryKernel(Capability.Watching)]
    public void Changes_of_a_directory_come_once_to_observers_that_come_and_go(TestedKernel kernel) => Run(kernel, async w =>
    {
        string folder = w["watched"];
        Directory.CreateDirectory(folder);
        DirectoryWatcher watcher = DirectoryWatcher.Watch(folder, FileChangeKind.Created | FileChangeKind.Deleted, loop: w.Loop);
        List<string> got = [];
        for (int i = 0; i < 6; i++)
        {
            Recorder<FileChange> taker = new();
            using (watcher.Changes.Subscribe(taker))
            {
                File.WriteAllText(Path.Combine(folder, $"{i}"), "x");
                await w.TurnUntil(() => taker.Items.Any(c => c.Kind == FileChangeKind.Created && c.Name == $"{i}"));
            }

            got.AddRange(taker.Items.Select(c => $"{c.Kind} {c.Name}"));
            File.Delete(Path.Combine(folder, $"{i}")); // While nobody listens: it is the next one's first.
        }

        Recorder<FileChange> last = new();
        watcher.Changes.Subscribe(last);
        await w.TurnUntil(() => last.Items.Count == 1);
        got.Add($"{last.Items[0].Kind} {last.Items[0].Name}");
        Assert.Equal(Enumerable.Range(0, 6).SelectMany(i => new[] { $"Created {i}", $"Deleted {i}" }), got);
        await watcher.CloseAsync();
        await w.TurnUntil(() => last.IsCompleted);
    });

    [Theory]
    [EveryKernel(Capability.Watching)]
    public void Lines_of_a_growing_file_that_is_rotated_come_once(TestedKernel kernel) => Run(kernel, async w =>
    {
        File.WriteAllText(w["log"], "before\n");
        FileTail tail = await FileTail.OpenAsync(w["log"]);
        List<string> got = [];
        Recorder<FileLine> taker = new(line => got.Add(line.ToString()));
        using (tail.Lines.Subscribe(taker))
        {
            File.AppendAllText(w["log"], "one\ntw");
            await w.TurnUntil(() => got.Count == 1);
            File.AppendAllText(w["log"], "o\n");
            await w.TurnUntil(() => got.Count == 2);
            File.Move(w["log"], w["log.1"]);
            File.WriteAllText(w["log"], "three\n");
            await w.TurnUntil(() => got.Count == 3);
        }

        Assert.Equal(["one", "two", "three"], got);
        Assert.Equal(1, tail.Rotations);
        await tail.CloseAsync();
    });

    [Theory]
    [EveryKernel(Capability.Processes)]
    public void The_end_of_a_child_is_told_to_who_waits_and_to_who_comes_late(TestedKernel kernel) => Run(kernel, async w =>
    {
        ChildProcess child = ChildProcess.Start(new ProcessStartInfo("/bin/sh", ["-c", "exit 7"]), w.Loop);
        using Process process = child.Process!;
        Recorder<ChildExit> early = new();
        child.Exits.Subscribe(early);
        await w.TurnUntil(() => early.IsCompleted);
        Recorder<ChildExit> late = new();
        child.Exits.Subscribe(late);
        await w.TurnUntil(() => late.IsCompleted);
        Assert.Equal([7], early.Items.Select(e => e.ExitCode));
        Assert.Equal(early.Items, late.Items);
        List<ChildExit> pulled = [];
        await foreach (ChildExit exit in child.Exits.ReadAllAsync())
        {
            pulled.Add(exit);
        }

        Assert.Equal(early.Items, pulled);
        await child.DisposeAsync();
    });

    [Theory]
    [EveryKernel(Capability.Processes)]
    public void Signals_come_to_who_listens(TestedKernel kernel) => Run(kernel, async w =>
    {
        SignalStream signals = SignalStream.Of(w.Loop, UserSignal);
        Recorder<PosixSignal> taker = new();
        using (signals.Subscribe(taker))
        {
            for (int i = 1; i <= 3; i++)
            {
                Assert.Equal(0, LibC.kill(Environment.ProcessId, (int)UserSignal));
                await w.TurnUntil(() => taker.Items.Count == i);
            }
        }

        Assert.Equal([UserSignal, UserSignal, UserSignal], taker.Items);
    });
}
