using System.Buffers.Binary;
using System.Text;

namespace Dispatch.Conformance.Control;

/// <summary>System calls that are made beside the ring: by workers, or by the simulated machine in its own time.</summary>
public sealed class CallTests : KernelTests
{
    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.Syscall), typeof(nint))]
    public void A_call_by_its_number_completes_raw_awaited_and_observed(TestedKernel kernel) => Poll(kernel, w =>
    {
        IoRequest request = IoRequest.Syscall(Number("sched_yield"));
        Recorder<Completion> observed = new();
        w.Loop.Observe(request, observed);
        ValueTask<int> awaited = w.Loop.ExecuteAsync(request);
        w.Loop.Submit(request, 77);
        w.Until(() => observed.IsCompleted && awaited.IsCompleted);
        Assert.Equal(0, awaited.Result);
        Assert.Equal(0, Assert.Single(observed.Items).Result);
        Assert.Equal(new Completion(77, 0, CompletionFlags.None), w.Take());
        Assert.True(w.Loop.Statistics.HandOffs >= 3);
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.GetRandom))]
    [Covers(nameof(IoRequest.Syscall), typeof(ReadOnlySpan<SyscallArgument>))]
    public void Random_bytes_come_raw_without_a_turn(TestedKernel kernel) => Poll(kernel, w =>
    {
        byte[] first = new byte[32];
        byte[] second = new byte[32];
        w.Loop.Submit(IoRequest.GetRandom(first), 1);
        w.Loop.Submit(IoRequest.Syscall(Number("getrandom"), second, second.Length), 2);
        Assert.Equal([(1UL, 32L), (2UL, 32L)], w.Take(2).Select(c => (c.Tag, c.Result)).Order());
        Assert.NotEqual(first, second);
        Assert.NotEqual(new byte[32], first);
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.SyscallAllowUnsafe))]
    public void Cancelled_calls_complete_once(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            byte[] day = new byte[16];
            BinaryPrimitives.WriteInt64LittleEndian(day, 86_400);
            for (int i = 0; i < w.Rounds(50); i++)
            {
                using CancellationTokenSource source = new();
                ValueTask<Completion> call = w.Loop.CompleteAsync(IoRequest.SyscallAllowUnsafe(Number("nanosleep"), day, 0), source.Token);
                await w.Turn(i % 3);
                source.Cancel();
                Assert.Equal(-Errno.ECANCELED, (await call).Result);
            }

            Assert.Equal(0, w.Loop.Statistics.Late);
        },
        tolerates: Tolerance.Cancels);

    [Theory]
    [EveryKernel]
    public void A_loop_that_ends_ends_its_calls(TestedKernel kernel) => Poll(kernel, w =>
    {
        byte[] day = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(day, 86_400);
        Task<Completion>[] calls = [.. Enumerable.Range(0, 20).Select(_ => w.Loop.CompleteAsync(IoRequest.Syscall(Number("nanosleep"), day, 0)).AsTask())];
        w.Restart();
        Assert.All(calls, c => Assert.Equal(-Errno.ECANCELED, c.Result.Result));
    });

    [Theory]
    [EveryKernel]
    public void What_the_ring_has_is_made_by_the_ring(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("f", Encoding.ASCII.GetBytes("content"));
        int file = await w.Open("f", OpenFlags.ReadOnly);
        byte[] buffer = new byte[16];
        long before = w.Loop.Statistics.HandOffs;
        Assert.Equal(4, await w.Do(IoRequest.Syscall(Number("pread64"), (Descriptor)file, buffer, 16, 3)));
        Assert.Equal("tent", Encoding.ASCII.GetString(buffer, 0, 4));
        Assert.Equal(0, await w.Do(IoRequest.Syscall(Number("close"), file)));
        Assert.Equal(before, w.Loop.Statistics.HandOffs);
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.SyncAll))]
    public void A_sync_of_everything_succeeds(TestedKernel kernel) => Run(kernel, async w => Assert.Equal(0, await w.Do(IoRequest.SyncAll())));

    [Theory]
    [EveryKernel(Capability.AnyCall)]
    [Covers(nameof(IoRequest.ReadDirectory))]
    public void Entries_of_a_directory_are_read_to_the_end(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("entry-of-this-folder", [1]);
        int folder = await w.Do(IoRequest.OpenAt(w["."], OpenFlags.ReadOnly | OpenFlags.CloseOnExec));
        byte[] entries = new byte[4096];
        int count = await w.Do(IoRequest.ReadDirectory(folder, entries));
        Assert.Contains("entry-of-this-folder", Encoding.ASCII.GetString(entries, 0, count), StringComparison.Ordinal);
        Assert.Equal(0, await w.Do(IoRequest.ReadDirectory(folder, entries)));
        await w.Close(folder);
    });

    [Theory]
    [EveryKernel(Capability.AnyCall)]
    [Covers(nameof(IoRequest.Lock))]
    [Covers(nameof(IoRequest.LockRange))]
    public void A_lock_is_waited_for_or_refused_and_a_cancel_ends_the_wait(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("f", new byte[100]);
        int first = await w.Open("f", OpenFlags.ReadWrite);
        int second = await w.Open("f", OpenFlags.ReadWrite);
        Func<int, FileLock, bool, IoRequest>[] kinds = [static (f, m, wait) => IoRequest.Lock(f, m, wait), static (f, m, wait) => IoRequest.LockRange(f, m, 10, 20, wait)];
        foreach (Func<int, FileLock, bool, IoRequest> make in kinds)
        {
            Assert.Equal(0, await w.Do(make(first, FileLock.Exclusive, true)));
            Assert.Equal(-Errno.EAGAIN, await w.Do(make(second, FileLock.Shared, false)));
            using CancellationTokenSource source = new();
            ValueTask<Completion> cancelled = w.Loop.CompleteAsync(make(second, FileLock.Exclusive, true), source.Token);
            Task<int> waiting = w.Do(make(second, FileLock.Exclusive, true));
            await w.Turn(3);
            source.Cancel();
            Assert.Equal(-Errno.ECANCELED, (await cancelled).Result);
            Assert.False(waiting.IsCompleted);
            Assert.Equal(0, await w.Do(make(first, FileLock.Unlock, true)));
            Assert.Equal(0, await waiting);
            Assert.Equal(0, await w.Do(make(second, FileLock.Unlock, true)));
        }

        await w.Close(first, second);
    });

    [Theory]
    [EveryKernel(Capability.AnyCall)]
    [Covers(nameof(IoRequest.SendFile))]
    [Covers(nameof(IoRequest.CopyRange))]
    public void Files_are_copied_within_the_kernel(TestedKernel kernel) => Run(kernel, async w =>
    {
        byte[] content = World.Pattern(10_000);
        await w.File("source", content);
        using Microsoft.Win32.SafeHandles.SafeFileHandle source = System.IO.File.OpenHandle(w["source"]);
        using (Microsoft.Win32.SafeHandles.SafeFileHandle copy = System.IO.File.OpenHandle(w["copy"], FileMode.Create, FileAccess.ReadWrite))
        {
            Assert.Equal(5_000, await w.Do(IoRequest.CopyRange(source, 1_000, copy, 2_000, 5_000)));
        }

        Assert.Equal(content[1_000..6_000], (await w.ReadAll("copy"))[2_000..]);
        (int reader, int writer) = w.Pipe();
        Assert.Equal(300, await w.Do(IoRequest.SendFile(writer, source, 500, 300)));
        byte[] sent = new byte[400];
        Assert.Equal(300, await w.Do(IoRequest.Read(reader, sent, -1)));
        Assert.Equal(content[500..800], sent[..300]);
        await w.Close(reader, writer);
    });

    [Theory]
    [EveryKernel(Capability.AnyCall)]
    [Covers(nameof(IoRequest.DeviceControl), typeof(Memory<byte>))]
    [Covers(nameof(IoRequest.DeviceControl), typeof(nint))]
    public void A_driver_is_asked_with_memory_and_with_an_address(TestedKernel kernel) => Run(kernel, async w =>
    {
        const uint BytesToRead = 0x541B; // FIONREAD
        (int reader, int writer) = w.Pipe();
        Assert.Equal(5, await w.Do(IoRequest.Write(writer, new byte[5], -1)));
        byte[] answer = GC.AllocateArray<byte>(4, pinned: true);
        Assert.Equal(0, await w.Do(IoRequest.DeviceControl(reader, BytesToRead, answer)));
        Assert.Equal(5, BitConverter.ToInt32(answer));
        answer[0] = 0;
        Assert.Equal(0, await w.Do(IoRequest.DeviceControl(reader, BytesToRead, System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(answer, 0))));
        Assert.Equal(5, BitConverter.ToInt32(answer));
        Assert.Equal(-Errno.EFAULT, await w.Do(IoRequest.DeviceControl(reader, BytesToRead, (nint)8)));
        await w.Close(reader, writer);
    });

    [Theory]
    [EveryKernel(Capability.AnyCall)]
    [Covers(nameof(IoRequest.SyncFileSystem))]
    [Covers(nameof(IoRequest.Readahead))]
    public void Devices_are_waited_for_and_read_ahead_from(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("f", new byte[10_000]);
        int file = await w.Open("f", OpenFlags.ReadOnly);
        Assert.Equal(0, await w.Do(IoRequest.SyncFileSystem(file)));
        Assert.Equal(0, await w.Do(IoRequest.Readahead(file, 0, 10_000)));
        Assert.Equal(-Errno.EBADF, await w.Do(IoRequest.SyncFileSystem(1_000_000)));
        await w.Close(file);
    });

    [Theory]
    [EveryKernel(Capability.AnyCall)]
    [Covers(nameof(IoRequest.CreateMemoryFile))]
    public void A_file_in_memory_is_one(TestedKernel kernel) => Run(kernel, async w =>
    {
        int file = await w.Do(IoRequest.CreateMemoryFile("of a test"));
        await w.WriteAll(file, World.Pattern(100), 0);
        Assert.Equal(World.Pattern(100), await w.ReadAll(file));
        await w.Close(file);
    });

    [Theory]
    [EveryKernel(Capability.AnyCall)]
    [Covers(nameof(IoRequest.ReadProcessMemory))]
    public void Memory_of_a_process_is_copied_and_a_bad_address_is_EFAULT(TestedKernel kernel) => Run(kernel, async w =>
    {
        byte[] source = GC.AllocateArray<byte>(100, pinned: true);
        World.Pattern(100).CopyTo(source, 0);
        byte[] copy = new byte[100];
        Assert.Equal(100, await w.Do(IoRequest.ReadProcessMemory(Environment.ProcessId, System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(source, 0), copy)));
        Assert.Equal(source, copy);
        Assert.Equal(-Errno.EFAULT, await w.Do(IoRequest.ReadProcessMemory(Environment.ProcessId, 8, copy)));
    });

    [Theory]
    [EveryKernel(Capability.AnyCall)]
    [Covers(nameof(IoRequest.OpenFifo))]
    public void The_two_ends_of_a_fifo_wait_for_each_other(TestedKernel kernel) => Run(kernel, async w =>
    {
        byte[] path = [.. Encoding.UTF8.GetBytes(w["fifo"]), 0];
        Assert.Equal(0, await w.Do(IoRequest.Syscall(Number("mknodat"), -100, path, 0x1000 | 0x180, 0))); // S_IFIFO
        Task<int> reader = w.Do(IoRequest.OpenFifo(w["fifo"], OpenFlags.ReadOnly | OpenFlags.CloseOnExec));
        await w.Turn(3);
        Assert.False(reader.IsCompleted);
        int writer = await w.Do(IoRequest.OpenFifo(w["fifo"], OpenFlags.WriteOnly | OpenFlags.CloseOnExec));
        await w.Close(await reader, writer);
    });

    private static long Number(string name) => SystemCallInfo.All.Single(c => c.Name == name).Number;
}
