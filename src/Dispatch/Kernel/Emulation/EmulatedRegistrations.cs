using Tmds.Linux;
using static Dispatch.IoUringAbi;

namespace Dispatch;

/// <summary>What <c>io_uring_register(2)</c> does, as far as an emulated ring has it: buffers, fixed descriptors, rings of provided buffers, the probe. Owner thread only.</summary>
internal sealed unsafe class EmulatedRegistrations(EmulatedRing ring)
{
    private const int ProbeHeaderBytes = 16;

    /// <summary>Gets the registered buffers.</summary>
    public RegisteredBuffers Registered { get; } = new();

    /// <summary>Gets the fixed descriptors.</summary>
    public EmulatedFiles Files { get; } = new(ring);

    /// <summary>Gets the provided buffers.</summary>
    public ProvidedBuffers Provided { get; } = new();

    /// <summary>Gets the registered credentials.</summary>
    public EmulatedIdentities Identities { get; } = new();

    /// <summary>Registers. Returns a negative errno on failure; −EINVAL for what is not emulated.</summary>
    public int Run(uint operation, void* argument, uint count)
    {
        switch (operation)
        {
            case IORING_REGISTER_BUFFERS:
                return Registered.Register((iovec*)argument, count);
            case IORING_UNREGISTER_BUFFERS:
                return Registered.Unregister();
            case IORING_REGISTER_PBUF_RING:
                return argument == null ? -Errno.EFAULT : count != 1 ? -Errno.EINVAL : Provided.Register(*(IoUringRecords.BufferRingRegistration*)argument);
            case IORING_UNREGISTER_PBUF_RING:
                return argument == null ? -Errno.EFAULT : count != 1 ? -Errno.EINVAL : Provided.Unregister(((IoUringRecords.BufferRingRegistration*)argument)->GroupId);
            case IORING_REGISTER_FILES:
                return Files.Register((int*)argument, count);
            case IORING_REGISTER_FILES_UPDATE:
                return Files.Update((IoUringRecords.ResourceUpdate*)argument, count);
            case IORING_REGISTER_PROBE:
                return argument == null ? -Errno.EFAULT : Probe((byte*)argument, count);
            case IORING_REGISTER_IOWQ_MAX_WORKERS:
                return 0; // There are no kernel workers.
            default:
                return -Errno.EINVAL;
        }
    }

    private int Probe(byte* record, uint count)
    {
        int last = 0;
        for (int i = 0; i < 256; i++)
        {
            last = ring.Supports((Opcode)i) ? i : last;
        }

        int length = (int)Math.Min(count, (uint)last + 1);
        record[0] = (byte)last;
        record[1] = (byte)length;
        IoUringRecords.ProbeOperation* operations = (IoUringRecords.ProbeOperation*)(record + ProbeHeaderBytes);
        for (int i = 0; i < length; i++)
        {
            operations[i].Opcode = (byte)i;
            operations[i].Flags = ring.Supports((Opcode)i) ? (ushort)IO_URING_OP_SUPPORTED : (ushort)0;
        }

        return 0;
    }
}
