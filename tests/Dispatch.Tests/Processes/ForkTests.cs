using System.Diagnostics;
using Dispatch.Tests.Kernel;

namespace Dispatch.Tests.Processes;

/// <summary>Starting another program (fork and exec) gives it nothing of a loop, and takes nothing from one.</summary>
public sealed class ForkTests
{
    [Fact]
    public async Task A_started_program_inherits_no_ring_and_no_wake_descriptor()
    {
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 2 });

        string listing = Start("ls", "-l", "/proc/self/fd");

        Assert.Contains("pipe:", listing, StringComparison.Ordinal);
        Assert.DoesNotContain("io_uring", listing, StringComparison.Ordinal);
        Assert.DoesNotContain("eventfd", listing, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ring_with_requests_in_flight_works_on_after_every_fork()
    {
        using RawRing ring = RawRing.Create();
        using Pipe pipe = new();
        for (int i = 0; i < 20; i++)
        {
            ReadOneByteAround(ring, pipe, () => Assert.Equal("ring\n", Start("echo", "ring")));
        }
    }

    [Fact]
    public async Task A_loop_reads_what_a_started_program_writes_while_others_are_started()
    {
        using TemporaryFolder folder = new();
        string fifo = folder.Fifo("fifo");
        await using Dispatcher dispatcher = Dispatcher.Create(new DispatcherOptions { Kernel = TestKernel.Kind, LoopCount = 1 });
        using FileStream both = new(fifo, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
        for (int i = 0; i < 10; i++)
        {
            byte[] buffer = new byte[16];
            Task<int> read = dispatcher.Loops[0].ExecuteAsync(IoRequest.Read(both.SafeFileHandle, buffer, -1), TestContext.Current.CancellationToken).AsTask();
            Start("sh", "-c", $"printf child{i} > {fifo}");
            int length = await read.WaitAsync(RawRing.Guard, TestContext.Current.CancellationToken);
            Assert.Equal($"child{i}", System.Text.Encoding.ASCII.GetString(buffer, 0, length));
        }
    }

    private static unsafe void ReadOneByteAround(RawRing ring, Pipe pipe, Action fork)
    {
        byte value = 0;
        ring.Stage(pipe.Read(&value, 1, tag: 1));
        Assert.Equal(1, ring.Enter());
        fork();
        pipe.Write(33);
        Assert.Equal((1, (byte)33), (ring.Take().Result, value));
    }

    private static string Start(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(RawRing.Guard), $"{program} did not end.");
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
