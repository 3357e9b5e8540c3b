using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Dispatch.Tests.Streams;

/// <summary>Signals, and the ends of processes.</summary>
public sealed class ProcessTests
{
    /// <summary>SIGUSR1: unlike SIGHUP, nohup(1) does not have the whole process tree ignore it.</summary>
    private const PosixSignal UserSignal = (PosixSignal)10;

    /// <summary>Takes them for as long as the process lives.</summary>
    private static readonly Lazy<PosixSignalRegistration> Kept = new(() => PosixSignalRegistration.Create(UserSignal, context => context.Cancel = true));

    [Fact]
    public void The_end_of_a_process_is_told_with_its_code_to_all_who_wait() => OnLoop.Run(async loop =>
    {
        await using ChildProcess child = ChildProcess.Start(Shell("read line; exit 7"), loop);
        Taker<ChildExit, ChildExit> taker = Taker.Of<ChildExit>();
        child.Exits.Subscribe(taker);
        Task<ChildExit> first = child.WaitForExitAsync();
        Task<ChildExit> second = child.WaitForExitAsync();
        await loop.DelayAsync(TimeSpan.FromMilliseconds(1));
        Assert.False(first.IsCompleted);
        await child.Process!.StandardInput.WriteLineAsync("go");
        ChildExit exit = await first;
        Assert.True(loop.IsOwner);
        Assert.Equal(new ChildExit(child.Id, 7, null, false), exit);
        Assert.Equal(exit, await second);
        Assert.Equal(exit, await child.WaitForExitAsync());
        while (!taker.IsCompleted)
        {
            await loop.DelayAsync(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal([exit], taker.Items);
        await child.Process.WaitForExitAsync(); // .NET has had its status too.
        Assert.Equal(7, child.Process.ExitCode);
        Assert.False(child.Signal(0));
    });

    [Fact]
    public void A_process_that_ended_before_anybody_looked_is_told_too() => OnLoop.Run(async loop =>
    {
        for (int i = 0; i < 20; i++)
        {
            await using ChildProcess child = ChildProcess.Start(Shell($"exit {i}"), loop);
            await child.Process!.WaitForExitAsync();
            Assert.Equal(i, (await child.WaitForExitAsync()).ExitCode);
        }
    });

    [Fact]
    public void A_process_that_a_signal_ended_says_which() => OnLoop.Run(async loop =>
    {
        await using ChildProcess child = ChildProcess.Start(Shell("read line"), loop);
        Assert.True(child.Signal(9));
        ChildExit exit = await child.WaitForExitAsync();
        Assert.True(exit is { Signal: 9, ExitCode: null } or { ExitCode: 128 + 9 }, exit.ToString()); // The second on kernels before 6.15, when .NET was faster.
    });

    [Fact]
    public void A_process_that_is_there_is_adopted_and_one_that_is_not_is_refused() => OnLoop.Run(async loop =>
    {
        using Process process = Process.Start(Shell("read line; exit 3"))!;
        await using ChildProcess child = ChildProcess.Adopt(process.Id, loop: loop);
        Task<ChildExit> waiting = child.WaitForExitAsync();
        await process.StandardInput.WriteLineAsync("go");
        ChildExit exit = await waiting;
        Assert.Equal(process.Id, exit.ProcessId);
        Assert.True(exit.ExitCode is 3 or null, exit.ToString());
        await process.WaitForExitAsync();
        Assert.Equal(3, process.ExitCode);
        Assert.Contains("There is no process", Assert.Throws<ArgumentException>(() => ChildProcess.Adopt(int.MaxValue - 1, loop: loop)).Message, StringComparison.Ordinal);
    });

    [Fact]
    public void Closing_ends_the_waiting_and_not_the_process() => OnLoop.Run(async loop =>
    {
        using Process process = Process.Start(Shell("read line; exit 3"))!;
        ChildProcess child = ChildProcess.Adopt(process.Id, loop: loop);
        Task<ChildExit> waiting = child.WaitForExitAsync();
        await loop.DelayAsync(TimeSpan.FromMilliseconds(1));
        await child.CloseAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        Assert.False(process.HasExited);
        process.Kill();
    });

    [Fact]
    public void Signals_come_on_the_owner_and_end_nothing_while_somebody_takes_them() => OnLoop.Run(async loop =>
    {
        SignalStream signals = SignalStream.Of(loop, UserSignal, PosixSignal.SIGWINCH);
        Taker<PosixSignal, PosixSignal> taker = Taker.Of<PosixSignal>();
        using (signals.Subscribe(taker))
        {
            Assert.Equal(0, Native.Kill(Environment.ProcessId, (int)UserSignal));
            while (taker.Items.Count == 0)
            {
                await loop.DelayAsync(TimeSpan.FromMilliseconds(1));
            }

            Assert.Equal([UserSignal], taker.Items);
        }

        // One that is on its way when nobody takes them any more has its default action, which is to end the process; not of those that come here together, when only the first is waited for.
        _ = Kept.Value;
        await using IAsyncEnumerator<PosixSignal> reader = signals.ReadAllAsync().GetAsyncEnumerator();
        ValueTask<bool> next = reader.MoveNextAsync();
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(0, Native.Kill(Environment.ProcessId, (int)UserSignal));
        }

        Assert.True(await next);
        Assert.Equal(UserSignal, reader.Current);
        Assert.Throws<ArgumentException>("signals", () => SignalStream.Of(loop));
    });

    private static ProcessStartInfo Shell(string script) => new("/bin/sh", ["-c", script]) { RedirectStandardInput = true };
}
