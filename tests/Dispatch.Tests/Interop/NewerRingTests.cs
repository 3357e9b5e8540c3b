using Dispatch.Tests.Kernel;
using Tmds.Linux;
using static Dispatch.IoUringAbi;
using static Dispatch.Tests.Interop.NewerKernel;

namespace Dispatch.Tests.Interop;

/// <summary>Numbers that older headers lack, proved by what the kernel does with them. Of rings: their set-up, their features, their messages.</summary>
public sealed unsafe class NewerRingTests
{
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
}
