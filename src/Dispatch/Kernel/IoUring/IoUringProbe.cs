using static Dispatch.IoUringAbi;

namespace Dispatch;

/// <summary>Which opcodes the running kernel has, asked once a ring with <c>IORING_REGISTER_PROBE</c>.</summary>
internal sealed class IoUringProbe
{
    private readonly bool[] supported = new bool[256];

    private IoUringProbe()
    {
    }

    /// <summary>Gets how many opcodes the kernel has.</summary>
    public int SupportedCount { get; private set; }

    /// <summary>Asks the kernel.</summary>
    public static unsafe IoUringProbe Run(KernelRing ring)
    {
        const int HeaderBytes = 16;
        const int Operations = 256;
        byte* record = stackalloc byte[HeaderBytes + (Operations * sizeof(IoUringRecords.ProbeOperation))];
        new Span<byte>(record, HeaderBytes + (Operations * sizeof(IoUringRecords.ProbeOperation))).Clear();
        IoUringProbe probe = new();
        if (ring.Register(IORING_REGISTER_PROBE, record, Operations) < 0)
        {
            return probe;
        }

        int count = record[1]; // ops_len
        IoUringRecords.ProbeOperation* operations = (IoUringRecords.ProbeOperation*)(record + HeaderBytes);
        for (int i = 0; i < count; i++)
        {
            if ((operations[i].Flags & IO_URING_OP_SUPPORTED) != 0)
            {
                probe.supported[operations[i].Opcode] = true;
                probe.SupportedCount++;
            }
        }

        return probe;
    }

    /// <summary>Says whether the kernel has the opcode.</summary>
    public bool Supports(Opcode opcode) => supported[(int)opcode];
}
