using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Dispatch.Tests.Kernel;
using Tmds.Linux;
using static Dispatch.IoUringAbi;

namespace Dispatch.Tests.Interop;

/// <summary>Numbers that older headers lack, proved by what the kernel does with them. A kernel without the thing skips its test, by name.</summary>
public sealed unsafe class NewerThanHeadersTests
{
    private const byte BufferGroup = 7;

    [Fact]
    public void A_ring_without_mmap_lives_in_memory_of_ours()
    {
        Needs(6, 10);
        using RawRing ours = RawRing.Create();
        using RawRing theirs = RawRing.Create([IoUringSetup.DefaultLadder[2]]);

        Assert.NotEqual(0, MapErrno(ours.Ring.MessageDescriptor)); // The kernel has no memory of its own to map.
        Assert.Equal(0, MapErrno(theirs.Ring.MessageDescriptor));
        Assert.Equal(0, ours.Do(RawRing.Nop(1)));
    }

    [Fact]
    public void A_ring_without_an_index_array_has_none()
    {
        Needs(6, 6);
        IoUringRecords.Params plain = Setup(0);
        IoUringRecords.Params without = Setup(IORING_SETUP_NO_SQARRAY, out int errno);

        Assert.NotEqual(0u, plain.SqOff.Array);
        Assert.Equal(0u, without.SqOff.Array);
    }

    [Fact]
    public void The_feature_of_registering_by_registered_ring_is_there_when_it_works()
    {
        const uint IORING_REGISTER_USE_REGISTERED_RING = 1u << 31;
        int ring = SetupOpen(0, out IoUringRecords.Params parameters);
        IoUringRecords.ResourceUpdate update = new() { Offset = uint.MaxValue, Data = (ulong)ring };
        Assert.Equal(1, LibC.io_uring_register(ring, IORING_REGISTER_RING_FDS, &update, 1));
        uint* limits = stackalloc uint[2];

        int result = LibC.io_uring_register((int)update.Offset, IORING_REGISTER_IOWQ_MAX_WORKERS | IORING_REGISTER_USE_REGISTERED_RING, limits, 2);

        Assert.Equal((parameters.Features & IORING_FEAT_REG_REG_RING) != 0, result == 0);
        update.Data = 0;
        Assert.Equal(1, LibC.io_uring_register(ring, IORING_UNREGISTER_RING_FDS, &update, 1));
        Assert.Equal(0, LibC.close(ring));
    }

    [Fact]
    public void The_feature_of_a_least_wait_is_there_when_it_works()
    {
        int ring = SetupOpen(0, out IoUringRecords.Params parameters);
        IoUringRecords.KernelTimespec time = new() { Nanoseconds = 2_000_000 };
        IoUringRecords.GetEventsArgument argument = new() { MinWaitMicroseconds = 1000, Timespec = (ulong)&time };

        int errno = EnterErrno(ring, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, 1, &argument);

        Assert.Equal((parameters.Features & IORING_FEAT_MIN_TIMEOUT) != 0 ? Errno.ETIME : Errno.EINVAL, errno);
        Assert.Equal(0, LibC.close(ring));
    }

    [Fact]
    public void The_feature_of_waiting_without_iowait_is_there_when_it_works()
    {
        int ring = SetupOpen(0, out IoUringRecords.Params parameters);

        int errno = EnterErrno(ring, IORING_ENTER_GETEVENTS | IORING_ENTER_NO_IOWAIT, 0, null);

        Assert.Equal((parameters.Features & IORING_FEAT_NO_IOWAIT) != 0 ? 0 : Errno.EINVAL, errno);
        Assert.Equal(Errno.EINVAL, EnterErrno(ring, IORING_ENTER_GETEVENTS | (1u << 30), 0, null)); // An unknown bit would have been refused.
        Assert.Equal(0, LibC.close(ring));
    }

    [Fact]
    public void The_feature_of_attributes_is_there_when_it_works()
    {
        const ulong ProtectionInformation = 1;
        using RawRing ring = RawRing.Create();
        using FileStream file = TemporaryFile(4096);
        byte* buffer = stackalloc byte[16];
        SubmissionEntry entry = OnFile(Opcode.Read, file, (ulong)buffer, 16, 0);
        entry.Address3 = 8; // Nobody's address: where attributes are read, that is EFAULT; elsewhere it is ignored.
        entry.Padding = ProtectionInformation;

        bool works = ring.Do(entry) == -Errno.EFAULT;

        Assert.Equal(ring.Ring.Description.Features.Contains("RW_ATTR"), works);
    }

    [Fact]
    public void A_message_is_sent_by_a_thread_without_a_ring()
    {
        Needs(6, 13);
        using RawRing ring = RawRing.Create();
        SubmissionEntry message = new() { Opcode = Opcode.MsgRing, Fd = ring.Ring.MessageDescriptor, Offset = 4711, Length = 42 };

        int result = LibC.io_uring_register(-1, IORING_REGISTER_SEND_MSG_RING, &message, 1);

        CompletionEntry completion = ring.Take();
        Assert.Equal((0, 4711ul, 42), (result, completion.UserData, completion.Result));
    }

    [Fact]
    public void A_message_passes_its_flags()
    {
        Needs(6, 3);
        using RawRing from = RawRing.Create();
        using RawRing to = RawRing.Create();
        SubmissionEntry message = new() { Opcode = Opcode.MsgRing, Fd = to.Ring.MessageDescriptor, Offset = 1, Length = 2, UserData = 3 };
        message.FileIndex = 1u << 14;
        message.OperationFlags = IORING_MSG_RING_FLAGS_PASS;

        Assert.Equal(0, from.Do(message));
        Assert.Equal(1u << 14, to.Take().Flags);

        message.OperationFlags = 0;
        Assert.Equal(-Errno.EINVAL, from.Do(message)); // Flags to pass, and nothing that says so.
    }

    [Fact]
    public void A_bundle_fills_more_than_one_buffer()
    {
        Needs(6, 10);
        using RawRing ring = RawRing.Create();
        using PairOfSockets pair = new();
        using ProvidedBuffers buffers = new(ring.Ring, BufferGroup, count: 4, size: 4);
        pair.Near.Send("12345678"u8);
        SubmissionEntry entry = new() { Opcode = Opcode.Recv, Fd = pair.FarNumber, Flags = EntryFlags.BufferSelect, BufferGroup = BufferGroup };
        entry.IoPriority = IORING_RECVSEND_BUNDLE;

        ring.Stage(entry);
        CompletionEntry completion = ring.Take();

        Assert.Equal(ring.Ring.Description.Features.Contains("RECVSEND_BUNDLE"), completion.Result == 8);
        Assert.Equal(8, completion.Result);
        Assert.Equal("12345678", buffers.Text(8));
    }

    [Fact]
    public void A_send_without_a_copy_says_over_loopback_that_it_has_copied()
    {
        const uint Copied = 1u << 31;
        Needs(6, 2);
        using RawRing ring = RawRing.Create();
        using PairOfSockets pair = new();
        byte[] data = GC.AllocateArray<byte>(100, pinned: true);
        SubmissionEntry entry = OnSocket(Opcode.SendZc, pair.Near, IORING_SEND_ZC_REPORT_USAGE);
        entry.Address = (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(data, 0);
        entry.Length = 100;
        ring.Stage(entry);
        CompletionEntry sent = ring.Take();
        CompletionEntry notification = ring.Take();

        Assert.Equal((100, IORING_CQE_F_MORE), (sent.Result, sent.Flags & IORING_CQE_F_MORE));
        Assert.Equal((Copied, IORING_CQE_F_NOTIF), ((uint)notification.Result, notification.Flags & (IORING_CQE_F_NOTIF | IORING_CQE_F_MORE)));
    }

    [Fact]
    public void An_accept_that_does_not_wait_fails_at_once()
    {
        Needs(6, 10);
        using RawRing ring = RawRing.Create();
        using Socket listener = Listen();
        int result = ring.Do(OnSocket(Opcode.Accept, listener, IORING_ACCEPT_DONTWAIT));

        Assert.Equal(-Errno.EAGAIN, result);
    }

    [Fact]
    public void An_accept_that_polls_first_waits()
    {
        Needs(6, 10);
        using RawRing ring = RawRing.Create();
        using Socket listener = Listen();
        SubmissionEntry entry = OnSocket(Opcode.Accept, listener, IORING_ACCEPT_POLL_FIRST);
        entry.UserData = 5;
        ring.Stage(entry);
        Assert.Equal(1, ring.Enter());
        Assert.False(ring.TryTake(out _)); // Neither refused, nor answered like one that does not wait.

        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        CompletionEntry completion = ring.Take();

        Assert.True(completion.Result >= 0);
        Assert.Equal(0u, completion.Flags & IORING_CQE_F_MORE);
        Assert.Equal(0, LibC.close(completion.Result));

        // All that the field has room for besides is refused, so the bit is one of the three that accept knows; the two others are proved.
        Assert.Equal(-Errno.EINVAL, ring.Do(OnSocket(Opcode.Accept, listener, 1 << 3)));
    }

    [Fact]
    public void A_multishot_timeout_expires_again_and_again()
    {
        Needs(6, 4);
        using RawRing ring = RawRing.Create();
        IoUringRecords.KernelTimespec time = new() { Nanoseconds = 1_000_000 };
        ring.Stage(new SubmissionEntry
        {
            Opcode = Opcode.Timeout,
            Fd = -1,
            Address = (ulong)&time,
            Length = 1,
            OperationFlags = IORING_TIMEOUT_MULTISHOT,
            UserData = 9,
        });
        for (int i = 0; i < 3; i++)
        {
            CompletionEntry completion = ring.Take();
            Assert.Equal((-Errno.ETIME, IORING_CQE_F_MORE), (completion.Result, completion.Flags & IORING_CQE_F_MORE));
        }

        Assert.Equal(-Errno.ECANCELED, ring.CancelAndReap(9));
    }

    [Fact]
    public void A_futex_is_waited_on_and_woken_in_its_scope()
    {
        Needs(6, 7);
        using RawRing ring = RawRing.Create();
        uint* word = (uint*)NativeMemory.AllocZeroed(4096);
        *word = 17;
        SubmissionEntry wait = IoRequest.FutexWait((nint)word, 16).Entry;
        Assert.Equal(-Errno.EAGAIN, ring.Do(wait)); // The word is not 16.
        wait.Fd = unchecked((int)(FUTEX2_PRIVATE | (FUTEX2_SIZE_U32 ^ 3)));
        Assert.Equal(-Errno.EINVAL, ring.Do(wait)); // A size that the kernel does not have.

        wait = IoRequest.FutexWait((nint)word, 17).Entry;
        wait.UserData = 1;
        ring.Stage(wait);
        SubmissionEntry shared = IoRequest.FutexWake((nint)word, 1, FutexScope.Shared).Entry;
        shared.UserData = 2;
        ring.Stage(shared);
        CompletionEntry completion = ring.Take();
        Assert.Equal((2ul, 0), (completion.UserData, completion.Result)); // Another key: nobody waits under it.

        SubmissionEntry wake = IoRequest.FutexWake((nint)word, 1).Entry;
        wake.UserData = 3;
        ring.Stage(wake);
        Dictionary<ulong, int> results = ring.TakeMany(2);
        Assert.Equal((0, 1), (results[1], results[3]));
        NativeMemory.Free(word);
    }

    [Fact]
    public void One_of_several_futexes_is_named_by_its_index()
    {
        Needs(6, 7);
        using RawRing ring = RawRing.Create();
        uint* words = stackalloc uint[2] { 1, 2 };
        ulong* vector = stackalloc ulong[6];
        for (int i = 0; i < 2; i++)
        {
            vector[i * 3] = words[i];
            vector[(i * 3) + 1] = (ulong)(words + i);
            vector[(i * 3) + 2] = FUTEX2_SIZE_U32 | FUTEX2_PRIVATE;
        }

        ring.Stage(new SubmissionEntry { Opcode = Opcode.FutexWaitv, Address = (ulong)vector, Length = 2, UserData = 1 });
        SubmissionEntry wake = IoRequest.FutexWake((nint)(words + 1), 1).Entry;
        wake.UserData = 2;
        ring.Stage(wake);

        Dictionary<ulong, int> results = ring.TakeMany(2);
        Assert.Equal((1, 1), (results[1], results[2]));
    }

    [Fact]
    public void A_multishot_read_brings_each_piece_of_a_pipe()
    {
        Needs(6, 7);
        using RawRing ring = RawRing.Create();
        using ProvidedBuffers buffers = new(ring.Ring, BufferGroup, count: 4, size: 4);
        int* ends = stackalloc int[2];
        Assert.Equal(0, LibC.pipe(ends));
        ring.Stage(new SubmissionEntry { Opcode = Opcode.ReadMultishot, Fd = ends[0], Flags = EntryFlags.BufferSelect, BufferGroup = BufferGroup, Offset = ulong.MaxValue });
        foreach (byte letter in "ab"u8)
        {
            byte one = letter;
            Assert.Equal(1, LibC.write(ends[1], &one, 1));
            CompletionEntry completion = ring.Take();
            Assert.Equal((1, IORING_CQE_F_MORE | IORING_CQE_F_BUFFER), (completion.Result, completion.Flags & 0xffff));
        }

        Assert.Equal(0, LibC.close(ends[1]));
        Assert.Equal((0, 0u), (ring.Take() is var end ? end.Result : 0, end.Flags & IORING_CQE_F_MORE));
        Assert.Equal(0, LibC.close(ends[0]));
    }

    [Fact]
    public void Waiting_for_a_process_that_is_no_child_fails_as_waitid_does()
    {
        Needs(6, 7);
        const int ProcessId = 1; // P_PID
        const uint Exited = 4; // WEXITED
        using RawRing ring = RawRing.Create();
        SubmissionEntry entry = new() { Opcode = Opcode.Waitid, Fd = Environment.ProcessId, Length = ProcessId, FileIndex = Exited };
        Assert.Equal(-Errno.ECHILD, ring.Do(entry));
        entry.FileIndex = 0;
        Assert.Equal(-Errno.EINVAL, ring.Do(entry)); // waitid has to be told what to wait for.
    }

    [Fact]
    public void A_fixed_file_is_given_a_descriptor()
    {
        Needs(6, 8);
        using RawRing ring = RawRing.Create();
        using FileStream file = TemporaryFile(3);
        int number = (int)file.SafeFileHandle.DangerousGetHandle();
        Assert.Equal(0, ring.Ring.Register(IORING_REGISTER_FILES, &number, 1));

        int installed = ring.Do(new SubmissionEntry { Opcode = Opcode.FixedFdInstall, Fd = 0, Flags = EntryFlags.FixedFile });

        Assert.True(installed > 2 && installed != number, $"The result was {installed}.");
        Assert.Equal(3, (long)LibC.lseek(installed, 0, 2));
        Assert.Equal(0, LibC.close(installed));
    }

    [Fact]
    public void A_file_is_truncated()
    {
        Needs(6, 9);
        using RawRing ring = RawRing.Create();
        using FileStream file = TemporaryFile(100);

        Assert.Equal(0, ring.Do(OnFile(Opcode.Ftruncate, file, 0, 0, 12_345)));

        Assert.Equal(12_345, RandomAccess.GetLength(file.SafeFileHandle));
    }

    [Fact]
    public void A_socket_is_bound_and_listens()
    {
        Needs(6, 11);
        using RawRing ring = RawRing.Create();
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        SocketAddress address = new IPEndPoint(IPAddress.Loopback, 0).Serialize();
        SubmissionEntry bind = OnSocket(Opcode.Bind, socket, 0);
        bind.Offset = (ulong)address.Size;
        fixed (byte* bytes = address.Buffer.Span)
        {
            bind.Address = (ulong)bytes;
            Assert.Equal(0, ring.Do(bind));
        }

        SubmissionEntry listen = OnSocket(Opcode.Listen, socket, 0);
        listen.Length = 1;
        Assert.Equal(0, ring.Do(listen));

        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(SocketCalls.NameOf(KernelCalls.Real, (int)socket.Handle)!);
        Assert.True(client.Connected);
    }

    [Fact]
    public void A_zero_copy_receive_is_what_stands_between_listen_and_epoll_wait()
    {
        Needs(6, 15);

        // It needs a network card's queue, which no test can count on. Its neighbours on both sides are proved, the kernel gives numbers out in
        // order and takes none back, and without a queue the request is refused.
        Assert.Equal((Opcode.Listen + 1, Opcode.EpollWait - 1), (Opcode.RecvZc, Opcode.RecvZc));
        using RawRing ring = RawRing.Create();
        using PairOfSockets pair = new();
        Assert.True(ring.Do(new SubmissionEntry { Opcode = Opcode.RecvZc, Fd = pair.FarNumber }) is -Errno.EINVAL or -Errno.EOPNOTSUPP);
    }

    [Fact]
    public void An_epoll_set_is_waited_on()
    {
        Needs(6, 15);
        const int EpollEventBytes = 12;
        using RawRing ring = RawRing.Create();
        int set = LibC.epoll_create1(0);
        int counter = LibC.eventfd(1, 0);
        epoll_event wanted = new() { events = LibC.EPOLLIN };
        wanted.data.u64 = 99;
        Assert.Equal(0, LibC.epoll_ctl(set, LibC.EPOLL_CTL_ADD, counter, &wanted));
        epoll_event happened = default;

        Assert.Equal(1, ring.Do(new SubmissionEntry { Opcode = Opcode.EpollWait, Fd = set, Address = (ulong)&happened, Length = 1 }));

        Assert.Equal(EpollEventBytes, RuntimeInformation.ProcessArchitecture == Architecture.X64 ? sizeof(epoll_event) : EpollEventBytes);
        Assert.Equal(99ul, happened.data.u64);
        Assert.Equal(0, LibC.close(set));
        Assert.Equal(0, LibC.close(counter));
    }

    [Fact]
    public void Vectors_inside_a_registered_buffer_are_written_and_read()
    {
        Needs(6, 15);
        using RawRing ring = RawRing.Create();
        using FileStream file = TemporaryFile(0);
        byte* block = (byte*)NativeMemory.AlignedAlloc(4096, 4096);
        "dispatch"u8.CopyTo(new Span<byte>(block, 4096));
        iovec whole = new() { iov_base = block, iov_len = 4096 };
        Assert.Equal(0, ring.Ring.Register(IORING_REGISTER_BUFFERS, &whole, 1));

        iovec* pieces = stackalloc iovec[2];
        pieces[0] = new iovec { iov_base = block + 4, iov_len = 4 };
        pieces[1] = new iovec { iov_base = block, iov_len = 4 };
        Assert.Equal(8, ring.Do(OnFile(Opcode.WritevFixed, file, (ulong)pieces, 2, 0)));
        pieces[0].iov_base = block + 100;
        pieces[1].iov_base = block + 104;
        Assert.Equal(8, ring.Do(OnFile(Opcode.ReadvFixed, file, (ulong)pieces, 2, 0)));

        Assert.Equal("atchdisp"u8.ToArray(), new Span<byte>(block + 100, 8).ToArray());
        ring.Close();
        NativeMemory.AlignedFree(block);
    }

    [Fact]
    public void A_pipe_is_made()
    {
        Needs(6, 16);
        using RawRing ring = RawRing.Create();
        int* ends = stackalloc int[2];

        Assert.Equal(0, ring.Do(new SubmissionEntry { Opcode = Opcode.Pipe, Address = (ulong)ends }));

        byte letter = 0x5a;
        Assert.Equal(1, LibC.write(ends[1], &letter, 1));
        letter = 0;
        Assert.Equal(1, LibC.read(ends[0], &letter, 1));
        Assert.Equal(0x5a, letter);
        Assert.Equal(0, LibC.close(ends[0]) + LibC.close(ends[1]));
    }

    /// <summary>By version, and not by asking the kernel for the thing: a wrong number would look like a thing that the kernel does not have.</summary>
    private static void Needs(int major, int minor) =>
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(major, minor), $"This is Linux {Environment.OSVersion.Version}; the test needs {major}.{minor}.");

    private static SubmissionEntry OnFile(Opcode opcode, FileStream file, ulong address, uint length, ulong offset) => new()
    {
        Opcode = opcode,
        Fd = (int)file.SafeFileHandle.DangerousGetHandle(),
        Address = address,
        Length = length,
        Offset = offset,
    };

    private static SubmissionEntry OnSocket(Opcode opcode, Socket socket, ushort flags) => new() { Opcode = opcode, Fd = (int)socket.Handle, IoPriority = flags };

    private static Socket Listen()
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    private static FileStream TemporaryFile(int length)
    {
        FileStream file = new(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 0, FileOptions.DeleteOnClose);
        file.SetLength(length);
        return file;
    }

    private static int MapErrno(int ring)
    {
        void* address = LibC.mmap(null, 4096, LibC.PROT_READ, LibC.MAP_SHARED, ring, 0);
        if (address == LibC.MAP_FAILED)
        {
            return LibC.errno;
        }

        Assert.Equal(0, LibC.munmap(address, 4096));
        return 0;
    }

    private static IoUringRecords.Params Setup(uint flags) => Setup(flags, out _);

    private static IoUringRecords.Params Setup(uint flags, out int errno)
    {
        IoUringRecords.Params parameters = new() { Flags = flags };
        int descriptor = LibC.io_uring_setup(8, (io_uring_params*)&parameters);
        errno = descriptor < 0 ? LibC.errno : 0;
        if (descriptor >= 0)
        {
            Assert.Equal(0, LibC.close(descriptor));
        }

        return parameters;
    }

    private static int SetupOpen(uint flags, out IoUringRecords.Params parameters)
    {
        IoUringRecords.Params record = new() { Flags = flags };
        int descriptor = LibC.io_uring_setup(8, (io_uring_params*)&record);
        Assert.True(descriptor >= 0);
        parameters = record;
        return descriptor;
    }

    private static int EnterErrno(int ring, uint flags, uint minimum, IoUringRecords.GetEventsArgument* argument)
    {
        long result = Libc.IoUringEnter(Libc.SYS_io_uring_enter, ring, 0, minimum, flags, argument, argument == null ? 0 : sizeof(IoUringRecords.GetEventsArgument));
        return result >= 0 ? 0 : Marshal.GetLastPInvokeError();
    }
}
