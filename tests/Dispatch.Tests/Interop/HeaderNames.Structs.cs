namespace Dispatch.Tests.Interop;

/// <content>The records, field by field.</content>
internal static partial class HeaderNames
{
    /// <summary>The C member of each field; later names are those of older headers. Space that is reserved, and split differently from header to header, needs none.</summary>
    private static readonly Dictionary<Type, (string Struct, Dictionary<string, string[]> Fields)> Structs = new()
    {
        [typeof(SubmissionEntry)] = ("io_uring_sqe", new()
        {
            ["Opcode"] = ["opcode"],
            ["Flags"] = ["flags"],
            ["IoPriority"] = ["ioprio"],
            ["Fd"] = ["fd"],
            ["Offset"] = ["off"],
            ["Address2"] = ["addr2"],
            ["Address"] = ["addr"],
            ["Length"] = ["len"],
            ["OperationFlags"] = ["rw_flags"],
            ["UserData"] = ["user_data"],
            ["BufferIndex"] = ["buf_index"],
            ["BufferGroup"] = ["buf_group"],
            ["Personality"] = ["personality"],
            ["SpliceFd"] = ["splice_fd_in"],
            ["FileIndex"] = ["file_index"],
            ["Address3"] = ["addr3"],
            ["Padding"] = ["__pad2[0]"],
        }),
        [typeof(CompletionEntry)] = ("io_uring_cqe", new()
        {
            ["UserData"] = ["user_data"],
            ["Result"] = ["res"],
            ["Flags"] = ["flags"],
        }),
        [typeof(IoUringRecords.Params)] = ("io_uring_params", new()
        {
            ["SqEntries"] = ["sq_entries"],
            ["CqEntries"] = ["cq_entries"],
            ["Flags"] = ["flags"],
            ["SqThreadCpu"] = ["sq_thread_cpu"],
            ["SqThreadIdle"] = ["sq_thread_idle"],
            ["Features"] = ["features"],
            ["WqFd"] = ["wq_fd"],
            ["Reserved0"] = ["resv[0]"],
            ["Reserved1"] = ["resv[1]"],
            ["Reserved2"] = ["resv[2]"],
            ["SqOff"] = ["sq_off"],
            ["CqOff"] = ["cq_off"],
        }),
        [typeof(IoUringRecords.SqOffsets)] = ("io_sqring_offsets", new()
        {
            ["Head"] = ["head"],
            ["Tail"] = ["tail"],
            ["RingMask"] = ["ring_mask"],
            ["RingEntries"] = ["ring_entries"],
            ["Flags"] = ["flags"],
            ["Dropped"] = ["dropped"],
            ["Array"] = ["array"],
            ["Reserved"] = ["resv1"],
            ["UserAddress"] = ["user_addr", "resv2"],
        }),
        [typeof(IoUringRecords.CqOffsets)] = ("io_cqring_offsets", new()
        {
            ["Head"] = ["head"],
            ["Tail"] = ["tail"],
            ["RingMask"] = ["ring_mask"],
            ["RingEntries"] = ["ring_entries"],
            ["Overflow"] = ["overflow"],
            ["Cqes"] = ["cqes"],
            ["Flags"] = ["flags"],
            ["Reserved"] = ["resv1"],
            ["UserAddress"] = ["user_addr", "resv2"],
        }),
        [typeof(IoUringRecords.GetEventsArgument)] = ("io_uring_getevents_arg", new()
        {
            ["SigMask"] = ["sigmask"],
            ["SigMaskSize"] = ["sigmask_sz"],
            ["MinWaitMicroseconds"] = ["min_wait_usec", "pad"],
            ["Timespec"] = ["ts"],
        }),
        [typeof(IoUringRecords.KernelTimespec)] = ("__kernel_timespec", new()
        {
            ["Seconds"] = ["tv_sec"],
            ["Nanoseconds"] = ["tv_nsec"],
        }),
        [typeof(IoUringRecords.ResourceUpdate)] = ("io_uring_rsrc_update", new()
        {
            ["Offset"] = ["offset"],
            ["Reserved"] = ["resv"],
            ["Data"] = ["data"],
        }),
        [typeof(IoUringRecords.BufferRingRegistration)] = ("io_uring_buf_reg", new()
        {
            ["RingAddress"] = ["ring_addr"],
            ["RingEntries"] = ["ring_entries"],
            ["GroupId"] = ["bgid"],
            ["Flags"] = ["flags", "pad"],
            ["Reserved0"] = ["min_left", "resv[0]"],
            ["Reserved1"] = [],
            ["Reserved2"] = [],
        }),
        [typeof(IoUringRecords.ProvidedBuffer)] = ("io_uring_buf", new()
        {
            ["Address"] = ["addr"],
            ["Length"] = ["len"],
            ["Id"] = ["bid"],
            ["Tail"] = ["resv"],
        }),
        [typeof(IoUringRecords.ProbeOperation)] = ("io_uring_probe_op", new()
        {
            ["Opcode"] = ["op"],
            ["Reserved0"] = ["resv"],
            ["Flags"] = ["flags"],
            ["Reserved1"] = ["resv2"],
        }),
        [typeof(IoUringRecords.ReceivedMessageHeader)] = ("io_uring_recvmsg_out", new()
        {
            ["NameLength"] = ["namelen"],
            ["ControlLength"] = ["controllen"],
            ["PayloadLength"] = ["payloadlen"],
            ["Flags"] = ["flags"],
        }),
        [typeof(IoUringRecords.FutexWaiter)] = ("futex_waitv", new()
        {
            ["Value"] = ["val"],
            ["Address"] = ["uaddr"],
            ["Flags"] = ["flags"],
            ["Reserved"] = ["__reserved"],
        }),
        [typeof(IoUringRecords.OpenHow)] = ("open_how", new()
        {
            ["Flags"] = ["flags"],
            ["Mode"] = ["mode"],
            ["Resolve"] = ["resolve"],
        }),
        [typeof(Libc.MessageHeader)] = ("msghdr", new()
        {
            ["Name"] = ["msg_name"],
            ["NameLength"] = ["msg_namelen"],
            ["Reserved"] = [],
            ["Vector"] = ["msg_iov"],
            ["VectorLength"] = ["msg_iovlen"],
            ["Control"] = ["msg_control"],
            ["ControlLength"] = ["msg_controllen"],
            ["Flags"] = ["msg_flags"],
        }),
        [typeof(Libc.ResourceLimit)] = ("rlimit", new()
        {
            ["Soft"] = ["rlim_cur"],
            ["Hard"] = ["rlim_max"],
        }),
    };
}
