namespace Dispatch;

// Made from syscalls.tsv by: dotnet run --project tests/Dispatch.Tables. Change the data, not this.

/// <summary>The system calls that the ring can make, each with its own arrangement of the arguments.</summary>
internal enum RingForm : byte
{
    None,
    Read,
    Write,
    Close,
    Pread64,
    Pwrite64,
    Readv,
    Writev,
    Madvise,
    Socket,
    Connect,
    Accept,
    Sendto,
    Recvfrom,
    Sendmsg,
    Recvmsg,
    Shutdown,
    Bind,
    Listen,
    Fsync,
    Fdatasync,
    Ftruncate,
    Rename,
    Mkdir,
    Rmdir,
    Link,
    Unlink,
    Symlink,
    Setxattr,
    Fsetxattr,
    Getxattr,
    Fgetxattr,
    Fadvise64,
    EpollCtl,
    Waitid,
    Mkdirat,
    Unlinkat,
    Renameat,
    Linkat,
    Symlinkat,
    SyncFileRange,
    Fallocate,
    Accept4,
    Pipe2,
    Preadv,
    Pwritev,
    Renameat2,
    Preadv2,
    Pwritev2,
    Statx,
    FutexWake,
    FutexWait,
}

/// <content>The data.</content>
internal static partial class SystemCallTable
{
    public const int Count = 383;

    private static ReadOnlySpan<ushort> X64Rows =>
    [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
        25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
        49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72,
        73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96,
        97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120,
        121, 122, 123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 142, 143, 144,
        145, 146, 147, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159, 160, 161, 162, 163, 164, 165, 166, 167, 168,
        169, 170, 171, 172, 173, 174, 175, 176, 177, 178, 179, 180, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191, 192,
        193, 194, 195, 196, 197, 198, 199, 200, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 212, 213, 214, 215, 216,
        217, 218, 219, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 237, 238, 239, 240,
        241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255, 256, 257, 258, 259, 260, 261, 262, 263, 264,
        265, 266, 267, 268, 269, 270, 271, 272, 273, 274, 275, 276, 277, 278, 279, 280, 281, 282, 283, 284, 285, 286, 287, 288,
        289, 290, 291, 292, 293, 294, 295, 296, 297, 298, 299, 300, 301, 302, 303, 304, 305, 306, 307, 308, 309, 310, 311, 312,
        313, 314, 315, 316, 317, 318, 319, 320, 321, 322, 323, 324, 325, 326, 327, 328, 329, 330, 331, 332, 333, 334, 335, 336,
        337, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 338, 339, 340, 341, 342, 343, 344, 345,
        346, 347, 348, 349, 350, 351, 352, 353, 354, 355, 356, 357, 358, 359, 360, 361, 362, 363, 364, 365, 366, 367, 368, 369,
        370, 371, 372, 373, 374, 375, 376, 377, 378, 379, 380, 381, 382, 383,
    ];

    private static ReadOnlySpan<ushort> Arm64Rows =>
    [
        207, 208, 210, 211, 209, 189, 190, 191, 192, 193, 194, 195, 196, 197, 198, 199, 200, 80, 213, 291, 292, 234, 282, 33,
        293, 73, 295, 255, 256, 17, 252, 253, 74, 260, 259, 264, 267, 266, 265, 167, 166, 156, 181, 138, 139, 77, 78, 286,
        270, 81, 82, 162, 92, 269, 261, 94, 258, 4, 154, 294, 180, 218, 9, 1, 2, 20, 21, 18, 19, 296, 297, 41,
        271, 272, 290, 279, 276, 277, 268, 263, 6, 163, 75, 76, 278, 284, 287, 288, 281, 164, 126, 127, 136, 61, 232, 248,
        219, 273, 203, 274, 275, 36, 37, 39, 247, 176, 177, 223, 225, 226, 224, 227, 228, 229, 230, 231, 104, 102, 143, 145,
        146, 144, 204, 205, 25, 147, 148, 149, 220, 63, 201, 235, 132, 131, 14, 15, 128, 129, 130, 16, 142, 141, 170, 115,
        107, 114, 106, 118, 119, 120, 121, 123, 124, 101, 110, 122, 125, 113, 116, 117, 64, 171, 172, 98, 161, 99, 96, 158,
        310, 97, 165, 160, 40, 111, 103, 108, 105, 109, 187, 100, 241, 242, 243, 244, 245, 246, 69, 72, 71, 70, 65, 67,
        221, 66, 30, 32, 31, 68, 42, 54, 50, 51, 44, 43, 52, 53, 45, 46, 55, 56, 49, 47, 48, 188, 13, 12,
        26, 249, 250, 251, 57, 60, 10, 222, 168, 169, 11, 27, 150, 151, 152, 153, 28, 29, 217, 238, 240, 239, 257, 280,
        298, 299, 289, 300, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 62, 303, 301, 302,
        304, 305, 306, 307, 309, 308, 311, 312, 313, 314, 315, 316, 317, 318, 319, 320, 322, 323, 324, 325, 326, 327, 328, 329,
        330, 331, 332, 333, 334, 335, 321, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 338, 339, 340, 341, 342, 343, 344, 345,
        346, 347, 348, 349, 350, 351, 352, 353, 354, 355, 356, 357, 358, 359, 360, 361, 362, 363, 364, 365, 366, 367, 368, 369,
        370, 371, 372, 373, 374, 375, 376, 377, 378, 379, 380, 381, 382, 383,
    ];

    private static ReadOnlySpan<uint> Facts =>
    [
        541, 1053, 131180, 263705, 393280, 393280, 393280, 524308, 393280, 655618, 655618, 655618, 786690, 917698, 1048706, 1179778, 1310732, 2077, 2589, 3101, 3613, 393280, 1441792, 524308,
        1572992, 655618, 1704192, 1835264, 1970457, 2097216, 655618, 2097216, 2228256, 2228256, 2359426, 2490388, 2621632, 2752706, 2752706, 2621632, 2883596, 2101817, 3019869, 3020349, 3151901, 3283485, 3415069, 3022365,
        2105369, 2105945, 2106393, 2097152, 2097152, 1441792, 2097152, 2097152, 3539138, 3539138, 3539138, 3670210, 3801218, 3932364, 4063424, 2621632, 2097216, 4194516, 2097216, 655618, 2097216, 4194516, 4194516, 2097216,
        4325388, 4456460, 1713689, 1714201, 393280, 403993, 393280, 393280, 4587714, 4587714, 404569, 405081, 405593, 131180, 406105, 406617, 407129, 393280, 393280, 393280, 393280, 393280, 393280, 4587714,
        2621632, 2621632, 2621632, 2621632, 2621632, 4718722, 2621632, 4849728, 2621632, 4980866, 4980866, 2621632, 2621632, 4849728, 2621632, 2621632, 5112002, 4980866, 4980866, 2621632, 4980866, 4980866, 2621632, 4980866,
        2621632, 2621632, 4980866, 4980866, 2621632, 2621632, 4980866, 2621632, 2359426, 4063424, 2359426, 5243010, 393280, 393280, 5373954, 5505154, 393280, 393280, 393280, 2621632, 2621632, 4849728, 4849728, 2621632,
        4849728, 2621632, 2621632, 2621632, 2621632, 1835264, 1835264, 655618, 655618, 5112002, 5636226, 4849728, 5373954, 5505154, 5636226, 2621632, 5767362, 4587714, 5898240, 4849728, 4849728, 4849728, 4849728, 4849728,
        4849728, 6029506, 4849728, 4849728, 6160514, 6160514, 5373954, 4849728, 4849728, 5373954, 5373954, 4849728, 5373954, 5373954, 5373954, 5373954, 5373954, 5373954, 1572992, 1703936, 407641, 393280, 408089, 408665,
        393280, 409113, 393280, 393280, 393280, 393280, 393280, 393280, 4063424, 2621632, 6291732, 4849728, 2621632, 5636226, 6422784, 6422784, 6553876, 6422784, 6422784, 5636226, 5373954, 2097184, 5373954, 5373954,
        655618, 393280, 6684802, 1179778, 4194516, 6832153, 2752706, 2752706, 4849728, 4849728, 4849728, 4849728, 2621632, 2621632, 2490388, 6947010, 524308, 2114073, 4063424, 393280, 5373954, 1835264, 7078018, 2621632,
        2097248, 2097216, 4194516, 4194516, 2097216, 2097216, 4849728, 7226589, 7340108, 7340108, 7340108, 4849728, 2621632, 2097184, 2097152, 2097152, 1835264, 131180, 411225, 393280, 393280, 393280, 393280, 411737,
        412249, 412761, 413273, 393280, 393280, 393280, 524308, 524308, 7471234, 6684802, 6684802, 2883596, 2883596, 1724441, 2883596, 1835264, 393280, 524308, 2097184, 2097184, 2097184, 414233, 2097152, 2097152,
        3036221, 2097184, 2097184, 2097184, 2228256, 1463833, 2097184, 22557, 23069, 4063424, 2097248, 7602196, 2097248, 2097152, 2621632, 393280, 7733356, 2621632, 5898240, 7602196, 7471234, 1572992, 7864384, 7864384,
        7995456, 4849728, 4849728, 2621632, 416857, 8126594, 8257544, 2097184, 4849728, 2097248, 3670210, 2097248, 8388800, 1835264, 8519688, 24093, 24605, 655618, 655618, 655618, 418393, 6553876, 6684802, 8650882,
        8650882, 4063424, 8781954, 8781954, 8912896, 2097248, 4849728, 2097248, 9044044, 2097248, 2097248, 2097184, 3539138, 9175232, 131180, 2097184, 393280, 7995456, 524308, 4849728, 4849728, 2097248, 2097152, 8126594,
        2097184, 7995456, 6291732, 7078018, 2097152, 393280, 655618, 2123033, 9332509, 2097408, 2621632, 2621632, 2621632, 8126594, 2621632, 655618, 393280, 393280, 393280, 393280, 2097248, 393280, 393280,
    ];

    private static ReadOnlySpan<ushort> NameEnds =>
    [
        4, 9, 13, 18, 22, 27, 32, 36, 41, 45, 53, 59, 62, 74, 88, 100, 105, 112, 120, 125, 131, 137, 141, 147,
        158, 164, 169, 176, 183, 189, 194, 200, 203, 207, 212, 221, 230, 235, 244, 250, 258, 264, 271, 277, 283, 291, 298, 305,
        313, 317, 323, 334, 345, 355, 365, 375, 380, 384, 389, 395, 399, 404, 408, 413, 419, 424, 430, 435, 441, 447, 453, 459,
        464, 469, 474, 483, 491, 500, 508, 514, 519, 525, 531, 536, 541, 546, 550, 556, 563, 571, 576, 582, 587, 593, 599, 604,
        616, 625, 634, 641, 646, 652, 658, 664, 670, 676, 682, 689, 696, 703, 710, 717, 723, 731, 739, 748, 757, 766, 775, 784,
        793, 800, 808, 816, 822, 828, 834, 847, 862, 877, 890, 901, 906, 911, 917, 928, 933, 939, 946, 951, 962, 973, 987, 1001,
        1019, 1037, 1059, 1081, 1102, 1107, 1114, 1122, 1132, 1139, 1149, 1159, 1166, 1171, 1181, 1189, 1198, 1204, 1208, 1212, 1224, 1229, 1236, 1242,
        1249, 1255, 1266, 1279, 1283, 1289, 1302, 1313, 1326, 1341, 1353, 1361, 1371, 1378, 1385, 1396, 1403, 1411, 1417, 1426, 1434, 1443, 1452, 1460,
        1469, 1478, 1487, 1497, 1507, 1518, 1530, 1542, 1547, 1551, 1556, 1573, 1590, 1605, 1613, 1623, 1635, 1644, 1653, 1668, 1682, 1694, 1707, 1721,
        1737, 1747, 1762, 1777, 1787, 1796, 1808, 1821, 1834, 1850, 1862, 1875, 1888, 1900, 1915, 1925, 1935, 1944, 1950, 1956, 1963, 1968, 1981, 1994,
        2001, 2010, 2022, 2037, 2046, 2059, 2069, 2075, 2082, 2093, 2099, 2109, 2119, 2131, 2148, 2164, 2177, 2183, 2190, 2197, 2205, 2214, 2224, 2232,
        2240, 2246, 2255, 2265, 2273, 2282, 2290, 2295, 2302, 2317, 2332, 2338, 2341, 2356, 2364, 2374, 2383, 2394, 2402, 2416, 2423, 2432, 2447, 2462,
        2469, 2478, 2486, 2499, 2503, 2508, 2521, 2527, 2534, 2551, 2566, 2574, 2587, 2600, 2609, 2626, 2643, 2656, 2662, 2670, 2675, 2681, 2697, 2714,
        2718, 2730, 2743, 2756, 2765, 2772, 2781, 2793, 2808, 2811, 2819, 2830, 2840, 2846, 2861, 2868, 2876, 2889, 2899, 2908, 2913, 2926, 2930, 2939,
        2945, 2962, 2976, 2990, 3007, 3016, 3026, 3032, 3040, 3047, 3053, 3063, 3069, 3080, 3087, 3098, 3108, 3123, 3135, 3148, 3159, 3182, 3199, 3221,
        3233, 3249, 3260, 3283, 3292, 3301, 3317, 3327, 3337, 3350, 3359, 3368, 3385, 3402, 3418, 3423, 3433, 3443, 3454, 3467, 3481, 3493, 3505,
    ];

    private static ReadOnlySpan<byte> Names =>
          "readwriteopenclosestatfstatlstatpoll"u8
        + "lseekmmapmprotectmunmapbrkrt_sigactionrt_sigprocmaskrt_sigreturn"u8
        + "ioctlpread64pwrite64readvwritevaccesspipeselect"u8
        + "sched_yieldmremapmsyncmincoremadviseshmgetshmatshmctl"u8
        + "dupdup2pausenanosleepgetitimeralarmsetitimergetpid"u8
        + "sendfilesocketconnectacceptsendtorecvfromsendmsgrecvmsg"u8
        + "shutdownbindlistengetsocknamegetpeernamesocketpairsetsockoptgetsockopt"u8
        + "cloneforkvforkexecveexitwait4killuname"u8
        + "semgetsemopsemctlshmdtmsggetmsgsndmsgrcvmsgctl"u8
        + "fcntlflockfsyncfdatasynctruncateftruncategetdentsgetcwd"u8
        + "chdirfchdirrenamemkdirrmdircreatlinkunlink"u8
        + "symlinkreadlinkchmodfchmodchownfchownlchownumask"u8
        + "gettimeofdaygetrlimitgetrusagesysinfotimesptracegetuidsyslog"u8
        + "getgidsetuidsetgidgeteuidgetegidsetpgidgetppidgetpgrp"u8
        + "setsidsetreuidsetregidgetgroupssetgroupssetresuidgetresuidsetresgid"u8
        + "getresgidgetpgidsetfsuidsetfsgidgetsidcapgetcapsetrt_sigpending"u8
        + "rt_sigtimedwaitrt_sigqueueinfort_sigsuspendsigaltstackutimemknoduselibpersonality"u8
        + "ustatstatfsfstatfssysfsgetprioritysetprioritysched_setparamsched_getparam"u8
        + "sched_setschedulersched_getschedulersched_get_priority_maxsched_get_priority_minsched_rr_get_intervalmlockmunlockmlockall"u8
        + "munlockallvhangupmodify_ldtpivot_root_sysctlprctlarch_prctladjtimex"u8
        + "setrlimitchrootsyncacctsettimeofdaymountumount2swapon"u8
        + "swapoffrebootsethostnamesetdomainnameiopliopermcreate_moduleinit_module"u8
        + "delete_moduleget_kernel_symsquery_modulequotactlnfsservctlgetpmsgputpmsgafs_syscall"u8
        + "tuxcallsecuritygettidreadaheadsetxattrlsetxattrfsetxattrgetxattr"u8
        + "lgetxattrfgetxattrlistxattrllistxattrflistxattrremovexattrlremovexattrfremovexattr"u8
        + "tkilltimefutexsched_setaffinitysched_getaffinityset_thread_areaio_setupio_destroy"u8
        + "io_geteventsio_submitio_cancelget_thread_arealookup_dcookieepoll_createepoll_ctl_oldepoll_wait_old"u8
        + "remap_file_pagesgetdents64set_tid_addressrestart_syscallsemtimedopfadvise64timer_createtimer_settime"u8
        + "timer_gettimetimer_getoverruntimer_deleteclock_settimeclock_gettimeclock_getresclock_nanosleepexit_group"u8
        + "epoll_waitepoll_ctltgkillutimesvservermbindset_mempolicyget_mempolicy"u8
        + "mq_openmq_unlinkmq_timedsendmq_timedreceivemq_notifymq_getsetattrkexec_loadwaitid"u8
        + "add_keyrequest_keykeyctlioprio_setioprio_getinotify_initinotify_add_watchinotify_rm_watch"u8
        + "migrate_pagesopenatmkdiratmknodatfchownatfutimesatnewfstatatunlinkat"u8
        + "renameatlinkatsymlinkatreadlinkatfchmodatfaccessatpselect6ppoll"u8
        + "unshareset_robust_listget_robust_listspliceteesync_file_rangevmsplicemove_pages"u8
        + "utimensatepoll_pwaitsignalfdtimerfd_createeventfdfallocatetimerfd_settimetimerfd_gettime"u8
        + "accept4signalfd4eventfd2epoll_create1dup3pipe2inotify_init1preadv"u8
        + "pwritevrt_tgsigqueueinfoperf_event_openrecvmmsgfanotify_initfanotify_markprlimit64name_to_handle_at"u8
        + "open_by_handle_atclock_adjtimesyncfssendmmsgsetnsgetcpuprocess_vm_readvprocess_vm_writev"u8
        + "kcmpfinit_modulesched_setattrsched_getattrrenameat2seccompgetrandommemfd_create"u8
        + "kexec_file_loadbpfexecveatuserfaultfdmembarriermlock2copy_file_rangepreadv2"u8
        + "pwritev2pkey_mprotectpkey_allocpkey_freestatxio_pgeteventsrsequretprobe"u8
        + "uprobepidfd_send_signalio_uring_setupio_uring_enterio_uring_registeropen_treemove_mountfsopen"u8
        + "fsconfigfsmountfspickpidfd_openclone3close_rangeopenat2pidfd_getfd"u8
        + "faccessat2process_madviseepoll_pwait2mount_setattrquotactl_fdlandlock_create_rulesetlandlock_add_rulelandlock_restrict_self"u8
        + "memfd_secretprocess_mreleasefutex_waitvset_mempolicy_home_nodecachestatfchmodat2map_shadow_stackfutex_wake"u8
        + "futex_waitfutex_requeuestatmountlistmountlsm_get_self_attrlsm_set_self_attrlsm_list_modulesmseal"u8
        + "setxattratgetxattratlistxattratremovexattratopen_tree_attrfile_getattrfile_setattr"u8;

    private static string ReasonAt(uint index) => index switch
    {
        0 => "a file, a pipe or a socket: the ring waits without a thread",
        1 => "the open of a FIFO waits for its peer, that of a device for whatever it likes: it must not hold a kernel worker",
        2 => "may wait for the file system, or for a socket that lingers",
        3 => "waits for the file system",
        4 => "waits for readiness; IoRequest.Poll does so without a thread",
        5 => "it changes the memory map under the runtime, and a mapping has no owner when its request is cancelled. What is yours alone: SyscallAllowUnsafe",
        6 => "the heap's end is the C library's",
        7 => "handlers are the process's, and the runtime has its own: use PosixSignalRegistration",
        8 => "the mask is a thread's: it would be the worker's, and keep away the signal that cancels",
        9 => "it is a return from a signal handler, and there is none to return from",
        10 => "what it does is the driver's affair",
        11 => "ends at once; the descriptors are in memory: nobody closes them for a caller who has gone",
        12 => "ends at once; it is about the worker",
        13 => "waits for the device",
        14 => "about the memory that it names, and no other",
        15 => "advice on the memory that it names, and on no other",
        16 => "ends at once",
        17 => "ends at once, but for the file that a number is taken from",
        18 => "it waits for signals of the worker, which the runtime and the cancel use themselves",
        19 => "waits for the time; IoRequest.Timeout does so without a thread",
        20 => "ends at once; of what belongs to a thread, it is told of the worker's, or of the thread that the arguments name",
        21 => "it sends signals to the process, which the runtime does not expect: use LoopTimer",
        22 => "waits for a pipe or a socket: the ring would hold a kernel worker for it",
        23 => "waits for a peer: the ring does so without a thread",
        24 => "waits for room: the ring does so without a thread; with an address it is a worker's",
        25 => "waits for a peer: the ring does so without a thread; with an address it is a worker's",
        26 => "waits for room: the ring does so without a thread",
        27 => "the child would be one thread of a runtime that counts on many, with their locks held: use Process.Start",
        28 => "it would replace the process, with everything in flight: use Process.Start",
        29 => "it would end the worker in the middle of the runtime, which knows nothing of it",
        30 => "waits for a child of the process",
        31 => "sends a signal",
        32 => "waits for another process",
        33 => "F_SETLKW and F_OFD_SETLKW wait for whoever holds the lock",
        34 => "waits for whoever holds the lock",
        35 => "every path and every new file of the process would change under its other threads",
        36 => "the tracer is a thread, and has to stay that one",
        37 => "changes the machine, or what its arguments name",
        38 => "credentials are a thread's: the worker would be somebody else for whoever comes next. Use RegisteredCredentials",
        39 => "it would take the terminal from the whole process",
        40 => "the signal stack is a thread's, and the runtime's own",
        41 => "the kernel has it no longer, and answers ENOSYS",
        42 => "most of what it sets is a thread's, and would be the worker's",
        43 => "it changes or tells the thread pointer and its like, which are a thread's own",
        44 => "limits are the process's: use prlimit64, which says of which process",
        45 => "waits for the devices, and nothing interrupts it",
        46 => "it ends the machine at once, with what is not on its disks lost",
        47 => "the right to ports is a thread's",
        48 => "waits for another thread; IoRequest.FutexWait does so without a thread",
        49 => "the kernel's own asynchronous interface",
        50 => "waits for events",
        51 => "it is what the C library does for each thread, once",
        52 => "may wait for the device",
        53 => "it would end the process without its exit handlers: call Environment.Exit",
        54 => "the policy is a thread's, and would be the worker's",
        55 => "waits for a child of the process: the ring does so without a thread; with a usage record it is a worker's",
        56 => "a user-space helper may be asked for a key; the thread keyring is the worker's",
        57 => "namespaces are a thread's: the worker would stay in another one",
        58 => "waits for a peer, perhaps after some messages have gone",
        59 => "as openat",
        60 => "copies from one process to another; a bad address is EFAULT",
        61 => "about another process",
        62 => "it restricts a thread for ever: the worker, or with it the runtime",
        63 => "waits for entropy at most while the machine starts",
        64 => "waits until every running thread has passed a barrier",
        65 => "copies as long as it takes",
        66 => "only the kernel's own probes call it",
        67 => "a ring belongs to the thread that made it, and a worker is no thread to own one",
        68 => "of a ring whose owner is another thread it is refused by the kernel",
        69 => "a file system server may be asked",
        70 => "closes descriptors of the process, also those that are not yours: name none but your own",
        71 => "waits for another thread: the ring does so without a thread; with a timeout it is a worker's",
        _ => string.Empty,
    };
}
