namespace Dispatch;

/// <summary>
/// The constants of <c>linux/io_uring.h</c> that the code uses, declared here and nowhere else. The header test compiles a C program
/// against the kernel's headers and compares each one that those headers know; the newer ones are proved by behaviour.
/// </summary>
internal static class IoUringAbi
{
    public const uint IORING_SETUP_CQSIZE = 1u << 3;
    public const uint IORING_SETUP_CLAMP = 1u << 4;
    public const uint IORING_SETUP_R_DISABLED = 1u << 6;
    public const uint IORING_SETUP_SUBMIT_ALL = 1u << 7;
    public const uint IORING_SETUP_COOP_TASKRUN = 1u << 8;
    public const uint IORING_SETUP_TASKRUN_FLAG = 1u << 9;
    public const uint IORING_SETUP_SINGLE_ISSUER = 1u << 12;
    public const uint IORING_SETUP_DEFER_TASKRUN = 1u << 13;
    public const uint IORING_SETUP_NO_MMAP = 1u << 14;
    public const uint IORING_SETUP_NO_SQARRAY = 1u << 16;

    public const uint IORING_FEAT_SINGLE_MMAP = 1u << 0;
    public const uint IORING_FEAT_NODROP = 1u << 1;
    public const uint IORING_FEAT_SUBMIT_STABLE = 1u << 2;
    public const uint IORING_FEAT_RW_CUR_POS = 1u << 3;
    public const uint IORING_FEAT_CUR_PERSONALITY = 1u << 4;
    public const uint IORING_FEAT_FAST_POLL = 1u << 5;
    public const uint IORING_FEAT_POLL_32BITS = 1u << 6;
    public const uint IORING_FEAT_SQPOLL_NONFIXED = 1u << 7;
    public const uint IORING_FEAT_EXT_ARG = 1u << 8;
    public const uint IORING_FEAT_NATIVE_WORKERS = 1u << 9;
    public const uint IORING_FEAT_RSRC_TAGS = 1u << 10;
    public const uint IORING_FEAT_CQE_SKIP = 1u << 11;
    public const uint IORING_FEAT_LINKED_FILE = 1u << 12;
    public const uint IORING_FEAT_REG_REG_RING = 1u << 13;
    public const uint IORING_FEAT_RECVSEND_BUNDLE = 1u << 14;
    public const uint IORING_FEAT_MIN_TIMEOUT = 1u << 15;
    public const uint IORING_FEAT_RW_ATTR = 1u << 16;
    public const uint IORING_FEAT_NO_IOWAIT = 1u << 17;

    public const ulong IORING_OFF_SQ_RING = 0;
    public const ulong IORING_OFF_CQ_RING = 0x8000000;
    public const ulong IORING_OFF_SQES = 0x10000000;

    public const uint IORING_SQ_CQ_OVERFLOW = 1u << 1;
    public const uint IORING_SQ_TASKRUN = 1u << 2;

    public const uint IORING_ENTER_GETEVENTS = 1u << 0;
    public const uint IORING_ENTER_EXT_ARG = 1u << 3;
    public const uint IORING_ENTER_REGISTERED_RING = 1u << 4;
    public const uint IORING_ENTER_NO_IOWAIT = 1u << 7;

    public const uint IORING_CQE_F_BUFFER = 1u << 0;
    public const uint IORING_CQE_F_MORE = 1u << 1;
    public const uint IORING_CQE_F_SOCK_NONEMPTY = 1u << 2;
    public const uint IORING_CQE_F_NOTIF = 1u << 3;
    public const int IORING_CQE_BUFFER_SHIFT = 16;

    public const uint IORING_REGISTER_BUFFERS = 0;
    public const uint IORING_UNREGISTER_BUFFERS = 1;
    public const uint IORING_REGISTER_FILES = 2;
    public const uint IORING_UNREGISTER_FILES = 3;
    public const uint IORING_REGISTER_FILES_UPDATE = 6;
    public const uint IORING_REGISTER_PROBE = 8;
    public const uint IORING_REGISTER_PERSONALITY = 9;
    public const uint IORING_UNREGISTER_PERSONALITY = 10;
    public const uint IORING_REGISTER_FILES2 = 13;
    public const uint IORING_REGISTER_IOWQ_MAX_WORKERS = 19;
    public const uint IORING_REGISTER_RING_FDS = 20;
    public const uint IORING_UNREGISTER_RING_FDS = 21;
    public const uint IORING_REGISTER_PBUF_RING = 22;
    public const uint IORING_UNREGISTER_PBUF_RING = 23;
    public const uint IORING_REGISTER_SYNC_CANCEL = 24;
    public const uint IORING_REGISTER_SEND_MSG_RING = 31;

    public const uint IORING_RSRC_REGISTER_SPARSE = 1u << 0;

    public const uint IORING_POLL_ADD_MULTI = 1u << 0;

    public const uint IORING_ASYNC_CANCEL_ALL = 1u << 0;
    public const uint IORING_ASYNC_CANCEL_FD = 1u << 1;
    public const uint IORING_ASYNC_CANCEL_ANY = 1u << 2;

    public const ushort IORING_RECVSEND_POLL_FIRST = 1 << 0;
    public const ushort IORING_RECV_MULTISHOT = 1 << 1;
    public const ushort IORING_RECVSEND_BUNDLE = 1 << 4;

    public const ushort IORING_SEND_ZC_REPORT_USAGE = 1 << 3;

    public const ushort IORING_ACCEPT_MULTISHOT = 1 << 0;
    public const ushort IORING_ACCEPT_DONTWAIT = 1 << 1;
    public const ushort IORING_ACCEPT_POLL_FIRST = 1 << 2;

    public const uint IORING_FSYNC_DATASYNC = 1u << 0;

    public const uint IORING_TIMEOUT_ABS = 1u << 0;
    public const uint IORING_TIMEOUT_UPDATE = 1u << 1;
    public const uint IORING_TIMEOUT_BOOTTIME = 1u << 2;
    public const uint IORING_TIMEOUT_REALTIME = 1u << 3;
    public const uint IORING_TIMEOUT_ETIME_SUCCESS = 1u << 5;
    public const uint IORING_TIMEOUT_MULTISHOT = 1u << 6;

    public const ulong IORING_MSG_DATA = 0;
    public const uint IORING_MSG_RING_FLAGS_PASS = 1u << 1;

    public const uint IO_URING_OP_SUPPORTED = 1u << 0;

    public const uint FUTEX2_SIZE_U32 = 0x02;
    public const uint FUTEX2_PRIVATE = 128;
    public const ulong FUTEX_BITSET_MATCH_ANY = 0xffffffff;
}
