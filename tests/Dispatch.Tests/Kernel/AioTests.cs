using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;
using static Dispatch.IoUringAbi;

namespace Dispatch.Tests.Kernel;

/// <summary>What is Linux AIO's own: how it reaps, what it cannot hold, what goes to workers.</summary>
public sealed unsafe class AioTests
{
    private const ulong Bad = 8;

    [Fact]
    public void Completions_of_direct_reads_are_found_and_taken_without_a_system_call()
    {
        using TemporaryFolder folder = new();
        using AioRing ring = AioRing.Create();
        int file = OpenDirect(folder);
        byte* block = (byte*)NativeMemory.AlignedAlloc(4096, 4096);
        ring.Stage(Read(file, block, 4096, 0) with { UserData = 7 });
        ring.Enter();
        long calls = ring.Ring.KernelCalls;
        Assert.True(SpinWait.SpinUntil(() => ring.Ring.NeedsAttention || ring.Ring.Completions.HasEntries, RawRing.Guard));
        ring.Enter();

        Assert.True(ring.TryTake(out CompletionEntry entry));
        Assert.Equal((7ul, 4096), (entry.UserData, entry.Result));
        Assert.Equal(calls, ring.Ring.KernelCalls);
        Assert.Equal((byte)'x', *block);
        _ = LibC.close(file);
        NativeMemory.AlignedFree(block);
    }

    [Fact]
    public void Enters_that_have_nothing_to_do_make_no_system_call()
    {
        using AioRing ring = AioRing.Create();
        ring.Enter();
        long calls = ring.Ring.KernelCalls;
        for (int i = 0; i < 1000; i++)
        {
            ring.Enter();
        }

        Assert.Equal(calls, ring.Ring.KernelCalls);
        Assert.False(ring.Ring.NeedsAttention);
    }

    [Fact]
    public void A_bad_address_is_EFAULT_and_no_crash()
    {
        using TemporaryFolder folder = new();
        using AioRing ring = AioRing.Create();
        int direct = OpenDirect(folder);
        int file = Open(folder["f"], LibC.O_RDWR);
        int* pair = stackalloc int[2];
        SocketPair(pair);
        byte one = 1;
        Assert.Equal(1, (int)LibC.write(pair[1], &one, 1));

        Assert.Equal(-Errno.EFAULT, ring.Do(Read(direct, (byte*)4096, 4096, 0)));
        Assert.Equal(-Errno.EFAULT, ring.Do(Read(file, (byte*)Bad, 16, 0)));
        Assert.Equal(-Errno.EFAULT, ring.Do(Read(file, (byte*)Bad, 16, 0) with { Opcode = Opcode.Write }));
        Assert.Equal(-Errno.EFAULT, ring.Do(new() { Opcode = Opcode.Readv, Fd = file, Address = Bad, Length = 2 }));
        Assert.Equal(-Errno.EFAULT, ring.Do(new() { Opcode = Opcode.Recv, Fd = pair[0], Address = Bad, Length = 1 }));
        Assert.Equal(-Errno.EFAULT, ring.Do(new() { Opcode = Opcode.Send, Fd = pair[0], Address = Bad, Length = 1 }));
        Assert.Equal(-Errno.EFAULT, ring.Do(new() { Opcode = Opcode.Openat, Fd = -100, Address = Bad }));
        Assert.Equal(-Errno.EFAULT, ring.Do(new() { Opcode = Opcode.Timeout, Address = Bad, Length = 1 }));
        Assert.Equal(-Errno.EFAULT, ring.Do(new() { Opcode = Opcode.FutexWait, Fd = (int)(FUTEX2_SIZE_U32 | FUTEX2_PRIVATE), Address = Bad, Address3 = FUTEX_BITSET_MATCH_ANY }));
        Assert.Equal(-Errno.EFAULT, ring.Do(new() { Opcode = Opcode.Connect, Fd = pair[0], Address = Bad, Offset = 16 }));
        CloseAll(direct, file, pair[0], pair[1]);
    }

    [Fact]
    public void More_idle_receives_than_the_context_has_places_all_complete()
    {
        const int Count = 400;
        using AioRing ring = AioRing.Create(512, 1024);
        int[] readers = new int[Count];
        int[] writers = new int[Count];
        byte* bytes = (byte*)NativeMemory.Alloc(Count);
        int* pair = stackalloc int[2];
        for (int i = 0; i < Count; i++)
        {
            SocketPair(pair);
            (readers[i], writers[i]) = (pair[0], pair[1]);
            ring.Stage(new() { Opcode = Opcode.Recv, Fd = readers[i], Address = (ulong)(bytes + i), Length = 1, UserData = (ulong)i });
        }

        ring.Stage(new() { Opcode = Opcode.PollAdd, Fd = readers[^1], OperationFlags = 1, UserData = Count });
        ring.Enter();
        Assert.False(ring.TryTake(out _));
        for (int i = 0; i < Count; i++)
        {
            byte value = (byte)i;
            Assert.Equal(1, (int)LibC.write(writers[i], &value, 1));
        }

        Dictionary<ulong, int> results = ring.TakeMany(Count + 1);
        Assert.All(results.Values, r => Assert.Equal(1, r));
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal((byte)i, bytes[i]);
        }

        CloseAll([.. readers, .. writers]);
        NativeMemory.Free(bytes);
    }

    [Fact]
    public void A_blocked_open_of_a_pipe_is_cancelled_and_others_go_on_beside_it()
    {
        using TemporaryFolder folder = new();
        using AioRing ring = AioRing.Create(workers: 1);
        Assert.Equal(0, MakeFifo(folder["fifo"]));
        File.WriteAllBytes(folder["f"], [1]);
        byte* fifo = Path(folder["fifo"]);
        byte* path = Path(folder["f"]);
        byte* status = (byte*)NativeMemory.Alloc(256);
        for (ulong i = 1; i <= 8; i++)
        {
            ring.Stage(new() { Opcode = Opcode.Openat, Fd = -100, Address = (ulong)fifo, OperationFlags = (uint)(int)LibC.O_RDONLY, UserData = i });
        }

        ring.Enter();
        Assert.Equal(0, ring.Do(new() { Opcode = Opcode.Statx, Fd = -100, Address = (ulong)path, Address2 = (ulong)status, Length = 1, UserData = 20 }));
        ring.Stage(new() { Opcode = Opcode.AsyncCancel, OperationFlags = IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL, UserData = 30 });
        Dictionary<ulong, int> results = ring.TakeMany(9);
        Assert.Equal(8, results[30]);
        Assert.All(results.Where(r => r.Key != 30), r => Assert.Equal(-Errno.ECANCELED, r.Value));
        NativeMemory.Free(fifo);
        NativeMemory.Free(path);
        NativeMemory.Free(status);
    }

    [Fact]
    public void A_ring_with_blocked_workers_closes_and_they_end()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(0, MakeFifo(folder["fifo"]));
        byte* fifo = Path(folder["fifo"]);
        AioRing ring = AioRing.Create();
        for (ulong i = 1; i <= 3; i++)
        {
            ring.Stage(new() { Opcode = Opcode.Openat, Fd = -100, Address = (ulong)fifo, OperationFlags = (uint)(int)LibC.O_RDONLY, UserData = i });
        }

        ring.Enter();
        Assert.InRange(ring.Ring.WorkerThreads, 1, 3);
        ring.Close();
        Assert.True(SpinWait.SpinUntil(() => ring.Ring.Completions.Count == 3, RawRing.Guard));
        Assert.All(ring.TakeMany(3).Values, r => Assert.Equal(-Errno.ECANCELED, r));
        ring.Dispose(); // It waits for the threads.
        NativeMemory.Free(fifo);
    }

    [Fact]
    public void Closing_during_direct_reads_waits_for_them_and_tells_their_results()
    {
        const int Count = 64;
        using TemporaryFolder folder = new();
        AioRing ring = AioRing.Create(128, 128);
        int file = OpenDirect(folder);
        byte* blocks = (byte*)NativeMemory.AlignedAlloc(Count * 4096, 4096);
        for (int i = 0; i < Count; i++)
        {
            ring.Stage(Read(file, blocks + (i * 4096), 4096, (i % 16) * 4096) with { UserData = (ulong)i });
        }

        ring.Enter();
        ring.Close();
        Assert.All(ring.TakeMany(Count).Values, r => Assert.Equal(4096, r));
        ring.Dispose();
        _ = LibC.close(file);
        NativeMemory.AlignedFree(blocks);
    }

    [Fact]
    public void A_close_leaves_a_waiting_receive_its_socket_and_the_number_to_others()
    {
        using AioRing ring = AioRing.Create();
        int* pair = stackalloc int[2];
        SocketPair(pair);
        (int reader, int writer) = (pair[0], pair[1]);
        byte got = 0;
        ring.Stage(new() { Opcode = Opcode.Recv, Fd = reader, Address = (ulong)&got, Length = 1, UserData = 1 });
        ring.Stage(new() { Opcode = Opcode.PollAdd, Fd = reader, OperationFlags = 1, Length = IORING_POLL_ADD_MULTI, UserData = 2 });
        ring.Stage(new() { Opcode = Opcode.Close, Fd = reader, UserData = 3 });
        Assert.Equal((3ul, 0), Tuple(ring.Take()));

        // Another socket gets the number, with data that is not the receive's.
        SocketPair(pair);
        Assert.Equal(reader, pair[0]);
        byte wrong = 99;
        Assert.Equal(1, (int)LibC.write(pair[1], &wrong, 1));
        ring.Enter();
        Assert.False(ring.TryTake(out _));
        byte right = 5;
        Assert.Equal(1, (int)LibC.write(writer, &right, 1));
        Assert.Equal([(1ul, 1), (2ul, 1)], new[] { Tuple(ring.Take()), Tuple(ring.Take()) }.Order());
        Assert.Equal(5, got);
        ring.Stage(new() { Opcode = Opcode.AsyncCancel, Address = 2, UserData = 4 });
        ring.TakeMany(2);
        CloseAll(pair[0], pair[1], writer);
    }

    [Fact]
    public void A_close_waits_for_a_write_that_a_worker_has_yet_to_make()
    {
        using TemporaryFolder folder = new();
        using AioRing ring = AioRing.Create(256, 512, workers: 1);
        File.WriteAllBytes(folder["f"], []);
        byte* data = (byte*)NativeMemory.Alloc(1 << 16);
        new Span<byte>(data, 1 << 16).Fill((byte)'y');
        int file = Open(folder["f"], LibC.O_RDWR);
        for (int i = 0; i < 64; i++)
        {
            ring.Stage(Read(file, data, 1 << 16, i << 16) with { Opcode = Opcode.Write, UserData = (ulong)i });
        }

        ring.Stage(new() { Opcode = Opcode.Close, Fd = file, UserData = 100 });
        Dictionary<ulong, int> results = ring.TakeMany(65);
        Assert.Equal(0, results[100]);
        Assert.All(results.Where(r => r.Key != 100), r => Assert.Equal(1 << 16, r.Value));
        NativeMemory.Free(data);
    }

    [Fact]
    public void A_listener_that_blocks_is_accepted_from_without_blocking_the_owner()
    {
        using AioRing ring = AioRing.Create();
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(Pairs.Loopback);
        listener.Listen();
        int number = (int)listener.Handle;
        Assert.Equal(0, DescriptorFacts.StatusFlags(number) & AioAbi.O_NONBLOCK);
        ring.Stage(new() { Opcode = Opcode.Accept, Fd = number, IoPriority = IORING_ACCEPT_MULTISHOT, UserData = 1 });
        ring.Enter();
        for (int i = 0; i < 3; i++)
        {
            using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.Connect(listener.LocalEndPoint!);
            CompletionEntry entry = ring.Take();
            Assert.InRange(entry.Result, 0, int.MaxValue);
            Assert.Equal(IORING_CQE_F_MORE, entry.Flags);
            _ = LibC.close(entry.Result);
        }

        ring.Stage(new() { Opcode = Opcode.AsyncCancel, Address = 1, UserData = 2 });
        Assert.Equal(-Errno.ECANCELED, ring.TakeMany(2)[1]);
        Assert.Equal(0, DescriptorFacts.StatusFlags(number) & AioAbi.O_NONBLOCK); // Nor was its mode changed.
    }

    [Fact]
    public void A_terminal_is_polled_although_a_control_block_cannot()
    {
        using AioRing ring = AioRing.Create();
        int terminal = Open("/dev/ptmx", LibC.O_RDWR | LibC.O_NOCTTY);
        Assert.SkipWhen(terminal < 0, "There is no /dev/ptmx.");
        Assert.Equal(AioAbi.POLLOUT, ring.Do(new() { Opcode = Opcode.PollAdd, Fd = terminal, OperationFlags = AioAbi.POLLOUT, UserData = 1 }) & AioAbi.POLLOUT);
        ring.Stage(new() { Opcode = Opcode.PollAdd, Fd = terminal, OperationFlags = 2, UserData = 2 });
        ring.Stage(new() { Opcode = Opcode.AsyncCancel, Address = 2, UserData = 3 });
        ring.TakeMany(2);
        _ = LibC.close(terminal);
    }

    [Fact]
    public void What_it_does_not_have_is_refused_by_name()
    {
        using AioRing ring = AioRing.Create();
        foreach (Opcode opcode in new[] { Opcode.FilesUpdate, Opcode.ProvideBuffers, Opcode.RemoveBuffers, Opcode.FutexWaitv, Opcode.FixedFdInstall, Opcode.RecvZc })
        {
            Assert.False(ring.Ring.Supports(opcode));
            Assert.Equal(-Errno.EINVAL, ring.Do(new() { Opcode = opcode, UserData = 1 }));
        }

        Assert.Equal(-Errno.EINVAL, ring.Do(new() { Opcode = Opcode.Nop, Personality = 1 }));
        Assert.Equal(-Errno.EINVAL, ring.Do(new() { Opcode = Opcode.Nop, Flags = EntryFlags.Drain }));
        Assert.Equal(-Errno.EBADF, ring.Do(new() { Opcode = Opcode.Read, Flags = EntryFlags.FixedFile }));
        Assert.Equal(-Errno.ENXIO, ring.Do(new() { Opcode = Opcode.Socket, Fd = 2, Offset = 1, FileIndex = 1 }));
    }

    [Fact]
    public void A_loop_that_only_polls_hears_of_a_timeout_without_reading_the_clock()
    {
        using AioRing ring = AioRing.Create();
        IoUringRecords.KernelTimespec* time = stackalloc IoUringRecords.KernelTimespec[1];
        *time = new() { Nanoseconds = 2_000_000 };
        ring.Stage(new() { Opcode = Opcode.Timeout, Address = (ulong)time, Length = 1, UserData = 1 });
        ring.Enter();

        // On a busy machine the time can be over before that enter returns, which then has answered already.
        Assert.True(SpinWait.SpinUntil(() => ring.Ring.NeedsAttention || ring.Ring.Completions.HasEntries, RawRing.Guard));
        ring.Enter();
        Assert.Equal((1ul, -Errno.ETIME), Tuple(ring.Take()));
    }

    private static (ulong Tag, int Result) Tuple(in CompletionEntry entry) => (entry.UserData, entry.Result);

    private static SubmissionEntry Read(int file, byte* address, uint length, long offset) =>
        new() { Opcode = Opcode.Read, Fd = file, Address = (ulong)address, Length = length, Offset = (ulong)offset };

    private static int OpenDirect(TemporaryFolder folder)
    {
        using (FileStream stream = File.Create(folder["f"]))
        {
            stream.Write(Encoding.UTF8.GetBytes(new string('x', 1 << 16)));
            stream.Flush(flushToDisk: true); // Else a direct read would have to wait, and a worker make it.
        }

        int file = Open(folder["f"], LibC.O_RDONLY | AioAbi.O_DIRECT);
        Assert.SkipWhen(file < 0, "The file system has no direct reads.");
        return file;
    }

    private static int Open(string name, int flags)
    {
        byte* path = Path(name);
        int file = LibC.open(path, flags | LibC.O_CLOEXEC);
        NativeMemory.Free(path);
        return file;
    }

    private static int MakeFifo(string name)
    {
        byte* path = Path(name);
        int result = LibC.mkfifo(path, 0x1B6);
        NativeMemory.Free(path);
        return result;
    }

    private static byte* Path(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name + "\0");
        byte* path = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(path, bytes.Length));
        return path;
    }

    private static void SocketPair(int* pair) => Assert.Equal(0, LibC.socketpair(LibC.AF_UNIX, LibC.SOCK_STREAM | LibC.SOCK_CLOEXEC, 0, pair));

    private static void CloseAll(params ReadOnlySpan<int> numbers)
    {
        foreach (int number in numbers)
        {
            _ = LibC.close(number);
        }
    }
}
