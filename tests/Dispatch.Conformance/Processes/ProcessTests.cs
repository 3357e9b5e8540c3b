using System.Diagnostics;

namespace Dispatch.Conformance.Processes;

/// <summary>Processes: what they are refused, what they leave behind, what their children get.</summary>
public sealed class ProcessTests : KernelTests
{
    [Theory]
    [EveryKernel(Capability.Processes)]
    [Scenario(Scenarios.Refused)]
    public void A_process_that_may_have_no_ring_is_told_why_and_what_to_do(TestedKernel kernel)
    {
        SystemKernel system = (SystemKernel)KernelUnderTest.Get(kernel);
        ChildResult refused = ChildResult.Of([.. system.DenyArguments, .. system.KernelArguments, "attach"]);
        Assert.Equal(nameof(KernelUnavailableReason.Forbidden), refused["thrown"]);
        Assert.NotEmpty(refused["remedy"]);
        Assert.EndsWith(refused["remedy"], refused["message"], StringComparison.Ordinal);
    }

    [Theory]
    [EveryKernel(Capability.Processes)]
    public void An_ordinary_user_who_may_lock_no_memory_gets_a_loop_that_works_or_the_limits_name(TestedKernel kernel)
    {
        SystemKernel system = (SystemKernel)KernelUnderTest.Get(kernel);
        ChildResult locked = ChildResult.Of(["--memlock", "0", "--ordinary-user", .. system.KernelArguments, "attach"]);
        if (system.NeedsLockedMemory)
        {
            Assert.Equal(nameof(KernelUnavailableReason.LockedMemoryLimit), locked["thrown"]);
            Assert.Contains("MEMLOCK", locked["message"], StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(system.Name, locked["attached"]);
        }
    }

    [Theory]
    [EveryKernel(Capability.Processes)]
    [Scenario(Scenarios.BlockedFifo)]
    public void A_process_ends_although_an_open_waits_for_a_fifos_peer(TestedKernel kernel)
    {
        SystemKernel system = (SystemKernel)KernelUnderTest.Get(kernel);
        ChildResult ended = ChildResult.Of([.. system.KernelArguments, "exit-in-fifo"]);
        Assert.Equal("2", ended["blocked"]);
    }

    [Theory]
    [EveryKernel(Capability.Processes)]
    public void A_process_ends_with_requests_in_flight(TestedKernel kernel)
    {
        SystemKernel system = (SystemKernel)KernelUnderTest.Get(kernel);
        ChildResult ended = ChildResult.Of([.. system.KernelArguments, "exit-in-flight"]);
        Assert.True(int.Parse(ended["in-flight"], System.Globalization.CultureInfo.InvariantCulture) >= 8, ended["in-flight"]);
    }

    [Theory]
    [EveryKernel(Capability.Processes)]
    [Scenario(Scenarios.Fork)]
    public void A_started_program_gets_nothing_of_a_loop_and_takes_nothing_from_it(TestedKernel kernel)
    {
        Output("true"); // The first start of a process leaves the runtime with descriptors of its own.
        Run(kernel, StartBesideAsync);
    }

    private static async Task StartBesideAsync(World w)
    {
        (int readEnd, int writeEnd) = w.Pipe();
        int file = await w.Open("f", OpenFlags.ReadWrite | OpenFlags.Create);
        for (int i = 0; i < 5; i++)
        {
            byte[] buffer = new byte[1];
            Task<int> read = w.Do(IoRequest.Read(readEnd, buffer, -1));
            await w.Turn();
            string listing = await w.Loop.OffloadAsync(() => Output("ls", "-l", "/proc/self/fd"));
            Assert.Contains("pipe:", listing, StringComparison.Ordinal); // Its own.
            Assert.DoesNotContain("io_uring", listing, StringComparison.Ordinal);
            Assert.DoesNotContain("eventfd", listing, StringComparison.Ordinal);
            Assert.DoesNotContain(w["f"], listing, StringComparison.Ordinal);
            Assert.Equal(1, await w.Do(IoRequest.Write(writeEnd, new byte[] { (byte)i }, -1)));
            Assert.Equal((1, (byte)i), (await read, buffer[0]));
        }

        await w.Close(file, readEnd, writeEnd);
    }

    private static string Output(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        using StreamReader reader = process.StandardOutput; // Once it has been asked for, the process does not dispose it.
        string output = reader.ReadToEnd();
        Assert.True(process.WaitForExit(World.Guard), $"{program} did not end.");
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
