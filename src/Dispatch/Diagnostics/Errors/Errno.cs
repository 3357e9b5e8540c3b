namespace Dispatch;

/// <summary>
/// Linux's error numbers, their names, and a few words on each. Constants, where Tmds.LibC has properties, so that completions can be switched
/// over. The numbers are the generic ones (asm-generic/errno.h): those of x86, Arm and RISC-V.
/// </summary>
internal static class Errno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int ESRCH = 3;
    public const int EINTR = 4;
    public const int EIO = 5;
    public const int ENXIO = 6;
    public const int E2BIG = 7;
    public const int ENOEXEC = 8;
    public const int EBADF = 9;
    public const int ECHILD = 10;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int EACCES = 13;
    public const int EFAULT = 14;
    public const int ENOTBLK = 15;
    public const int EBUSY = 16;
    public const int EEXIST = 17;
    public const int EXDEV = 18;
    public const int ENODEV = 19;
    public const int ENOTDIR = 20;
    public const int EISDIR = 21;
    public const int EINVAL = 22;
    public const int ENFILE = 23;
    public const int EMFILE = 24;
    public const int ENOTTY = 25;
    public const int ETXTBSY = 26;
    public const int EFBIG = 27;
    public const int ENOSPC = 28;
    public const int ESPIPE = 29;
    public const int EROFS = 30;
    public const int EMLINK = 31;
    public const int EPIPE = 32;
    public const int EDOM = 33;
    public const int ERANGE = 34;
    public const int EDEADLK = 35;
    public const int ENAMETOOLONG = 36;
    public const int ENOLCK = 37;
    public const int ENOSYS = 38;
    public const int ENOTEMPTY = 39;
    public const int ELOOP = 40;
    public const int ENOMSG = 42;
    public const int EIDRM = 43;
    public const int ECHRNG = 44;
    public const int EL2NSYNC = 45;
    public const int EL3HLT = 46;
    public const int EL3RST = 47;
    public const int ELNRNG = 48;
    public const int EUNATCH = 49;
    public const int ENOCSI = 50;
    public const int EL2HLT = 51;
    public const int EBADE = 52;
    public const int EBADR = 53;
    public const int EXFULL = 54;
    public const int ENOANO = 55;
    public const int EBADRQC = 56;
    public const int EBADSLT = 57;
    public const int EBFONT = 59;
    public const int ENOSTR = 60;
    public const int ENODATA = 61;
    public const int ETIME = 62;
    public const int ENOSR = 63;
    public const int ENONET = 64;
    public const int ENOPKG = 65;
    public const int EREMOTE = 66;
    public const int ENOLINK = 67;
    public const int EADV = 68;
    public const int ESRMNT = 69;
    public const int ECOMM = 70;
    public const int EPROTO = 71;
    public const int EMULTIHOP = 72;
    public const int EDOTDOT = 73;
    public const int EBADMSG = 74;
    public const int EOVERFLOW = 75;
    public const int ENOTUNIQ = 76;
    public const int EBADFD = 77;
    public const int EREMCHG = 78;
    public const int ELIBACC = 79;
    public const int ELIBBAD = 80;
    public const int ELIBSCN = 81;
    public const int ELIBMAX = 82;
    public const int ELIBEXEC = 83;
    public const int EILSEQ = 84;
    public const int ERESTART = 85;
    public const int ESTRPIPE = 86;
    public const int EUSERS = 87;
    public const int ENOTSOCK = 88;
    public const int EDESTADDRREQ = 89;
    public const int EMSGSIZE = 90;
    public const int EPROTOTYPE = 91;
    public const int ENOPROTOOPT = 92;
    public const int EPROTONOSUPPORT = 93;
    public const int ESOCKTNOSUPPORT = 94;
    public const int EOPNOTSUPP = 95;
    public const int EPFNOSUPPORT = 96;
    public const int EAFNOSUPPORT = 97;
    public const int EADDRINUSE = 98;
    public const int EADDRNOTAVAIL = 99;
    public const int ENETDOWN = 100;
    public const int ENETUNREACH = 101;
    public const int ENETRESET = 102;
    public const int ECONNABORTED = 103;
    public const int ECONNRESET = 104;
    public const int ENOBUFS = 105;
    public const int EISCONN = 106;
    public const int ENOTCONN = 107;
    public const int ESHUTDOWN = 108;
    public const int ETOOMANYREFS = 109;
    public const int ETIMEDOUT = 110;
    public const int ECONNREFUSED = 111;
    public const int EHOSTDOWN = 112;
    public const int EHOSTUNREACH = 113;
    public const int EALREADY = 114;
    public const int EINPROGRESS = 115;
    public const int ESTALE = 116;
    public const int EUCLEAN = 117;
    public const int ENOTNAM = 118;
    public const int ENAVAIL = 119;
    public const int EISNAM = 120;
    public const int EREMOTEIO = 121;
    public const int EDQUOT = 122;
    public const int ENOMEDIUM = 123;
    public const int EMEDIUMTYPE = 124;
    public const int ECANCELED = 125;
    public const int ENOKEY = 126;
    public const int EKEYEXPIRED = 127;
    public const int EKEYREVOKED = 128;
    public const int EKEYREJECTED = 129;
    public const int EOWNERDEAD = 130;
    public const int ENOTRECOVERABLE = 131;
    public const int ERFKILL = 132;
    public const int EHWPOISON = 133;
    public const int EWOULDBLOCK = EAGAIN;
    public const int ENOTSUP = EOPNOTSUPP;

    // Between 512 and 529 the kernel speaks to itself. These are known to reach users through a ring.
    public const int ERESTARTSYS = 512;
    public const int ERESTARTNOINTR = 513;
    public const int ERESTARTNOHAND = 514;
    public const int ENOIOCTLCMD = 515;
    public const int ERESTARTBLOCK = 516;
    public const int ENOTSUPP = 524;

    /// <summary>The highest number that a call can fail with: results below its negative are no errors.</summary>
    public const int Highest = 4095;

    /// <summary>Tells the name of an error number.</summary>
    /// <param name="errno">The number, positive, as errno has it.</param>
    /// <returns>Its name, like <c>ENOENT</c>; <c>errno 999</c> for one that has none.</returns>
    public static string Name(int errno) => Describe(errno).Name ?? $"errno {errno}";

    /// <summary>Says in a few words what an error number means, with neither capital nor full stop.</summary>
    /// <param name="errno">The number, positive, as errno has it.</param>
    public static string Explain(int errno) => Describe(errno).Text;

    /// <summary>Takes the error number out of a call's result, and puts the kernel's private ones into terms that users know.</summary>
    /// <param name="result">A result from <c>-</c><see cref="Highest"/> to -1.</param>
    /// <param name="cancelAsked">Whether somebody had asked to cancel the request: by a token, a deadline, a disposed handle or loop.</param>
    /// <returns>
    /// The number. What the kernel would have restarted after a signal (the ERESTART numbers) is <see cref="ECANCELED"/> if a cancel was asked, as
    /// this is how a kernel worker's blocked call ends when it is cancelled, and <see cref="EINTR"/> if not. <see cref="ENOIOCTLCMD"/> is
    /// <see cref="ENOTTY"/>, which ioctl(2) makes of it too: as EINTR it would be tried again for ever. <see cref="ENOTSUPP"/> is
    /// <see cref="EOPNOTSUPP"/>.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The result is no failure.</exception>
    public static int FromResult(long result, bool cancelAsked)
    {
        if (result is >= 0 or < -Highest)
        {
            throw new ArgumentOutOfRangeException(nameof(result), result, $"A failed call's result is between -{Highest} and -1.");
        }

        int errno = (int)-result;
        return errno switch
        {
            ERESTARTSYS or ERESTARTNOINTR or ERESTARTNOHAND or ERESTARTBLOCK => cancelAsked ? ECANCELED : EINTR,
            ENOIOCTLCMD => ENOTTY,
            ENOTSUPP => EOPNOTSUPP,
            _ => errno,
        };
    }

    private static (string? Name, string Text) Describe(int errno) => errno switch
    {
        EPERM => (nameof(EPERM), "operation not permitted"),
        ENOENT => (nameof(ENOENT), "no such file or directory"),
        ESRCH => (nameof(ESRCH), "no such process"),
        EINTR => (nameof(EINTR), "interrupted by a signal"),
        EIO => (nameof(EIO), "input/output error of the device"),
        ENXIO => (nameof(ENXIO), "no such device or address"),
        E2BIG => (nameof(E2BIG), "argument list too long"),
        ENOEXEC => (nameof(ENOEXEC), "not an executable format"),
        EBADF => (nameof(EBADF), "bad file descriptor: closed, or not opened for this"),
        ECHILD => (nameof(ECHILD), "no child process to wait for"),
        EAGAIN => (nameof(EAGAIN), "not ready, try again"),
        ENOMEM => (nameof(ENOMEM), "out of memory, or over a limit on it"),
        EACCES => (nameof(EACCES), "permission denied"),
        EFAULT => (nameof(EFAULT), "bad memory address"),
        ENOTBLK => (nameof(ENOTBLK), "not a block device"),
        EBUSY => (nameof(EBUSY), "device or resource busy"),
        EEXIST => (nameof(EEXIST), "exists already"),
        EXDEV => (nameof(EXDEV), "link across file systems"),
        ENODEV => (nameof(ENODEV), "no such device"),
        ENOTDIR => (nameof(ENOTDIR), "a part of the path is no directory"),
        EISDIR => (nameof(EISDIR), "is a directory"),
        EINVAL => (nameof(EINVAL), "invalid argument"),
        ENFILE => (nameof(ENFILE), "table of open files full"),
        EMFILE => (nameof(EMFILE), "too many open files in this process"),
        ENOTTY => (nameof(ENOTTY), "the call does not apply to this kind of file"),
        ETXTBSY => (nameof(ETXTBSY), "file is being executed"),
        EFBIG => (nameof(EFBIG), "file too large"),
        ENOSPC => (nameof(ENOSPC), "no space left on the device"),
        ESPIPE => (nameof(ESPIPE), "not seekable"),
        EROFS => (nameof(EROFS), "file system is read-only"),
        EMLINK => (nameof(EMLINK), "too many hard links"),
        EPIPE => (nameof(EPIPE), "broken pipe: no reader at the other end"),
        EDOM => (nameof(EDOM), "argument outside the domain of the function"),
        ERANGE => (nameof(ERANGE), "result out of range"),
        EDEADLK => (nameof(EDEADLK), "a deadlock would result"),
        ENAMETOOLONG => (nameof(ENAMETOOLONG), "file name too long"),
        ENOLCK => (nameof(ENOLCK), "no record locks available"),
        ENOSYS => (nameof(ENOSYS), "the kernel has no such call"),
        ENOTEMPTY => (nameof(ENOTEMPTY), "directory not empty"),
        ELOOP => (nameof(ELOOP), "too many symbolic links on the path"),
        ENOMSG => (nameof(ENOMSG), "no message of the desired type"),
        EIDRM => (nameof(EIDRM), "identifier removed"),
        ECHRNG => (nameof(ECHRNG), "channel number out of range"),
        EL2NSYNC => (nameof(EL2NSYNC), "level 2 not synchronised"),
        EL3HLT => (nameof(EL3HLT), "level 3 halted"),
        EL3RST => (nameof(EL3RST), "level 3 reset"),
        ELNRNG => (nameof(ELNRNG), "link number out of range"),
        EUNATCH => (nameof(EUNATCH), "protocol driver not attached"),
        ENOCSI => (nameof(ENOCSI), "no CSI structure available"),
        EL2HLT => (nameof(EL2HLT), "level 2 halted"),
        EBADE => (nameof(EBADE), "invalid exchange"),
        EBADR => (nameof(EBADR), "invalid request descriptor"),
        EXFULL => (nameof(EXFULL), "exchange full"),
        ENOANO => (nameof(ENOANO), "no anode"),
        EBADRQC => (nameof(EBADRQC), "invalid request code"),
        EBADSLT => (nameof(EBADSLT), "invalid slot"),
        EBFONT => (nameof(EBFONT), "bad font file format"),
        ENOSTR => (nameof(ENOSTR), "not a stream device"),
        ENODATA => (nameof(ENODATA), "no data available"),
        ETIME => (nameof(ETIME), "timer expired"),
        ENOSR => (nameof(ENOSR), "out of stream resources"),
        ENONET => (nameof(ENONET), "machine is not on the network"),
        ENOPKG => (nameof(ENOPKG), "package not installed"),
        EREMOTE => (nameof(EREMOTE), "object is remote"),
        ENOLINK => (nameof(ENOLINK), "link has been severed"),
        EADV => (nameof(EADV), "advertise error"),
        ESRMNT => (nameof(ESRMNT), "mount error of a remote resource"),
        ECOMM => (nameof(ECOMM), "communication error on send"),
        EPROTO => (nameof(EPROTO), "protocol error"),
        EMULTIHOP => (nameof(EMULTIHOP), "multihop attempted"),
        EDOTDOT => (nameof(EDOTDOT), "error of a remote file system"),
        EBADMSG => (nameof(EBADMSG), "bad message"),
        EOVERFLOW => (nameof(EOVERFLOW), "value too large for its type"),
        ENOTUNIQ => (nameof(ENOTUNIQ), "name not unique on the network"),
        EBADFD => (nameof(EBADFD), "descriptor in a bad state"),
        EREMCHG => (nameof(EREMCHG), "remote address changed"),
        ELIBACC => (nameof(ELIBACC), "a needed shared library is not accessible"),
        ELIBBAD => (nameof(ELIBBAD), "a shared library is corrupted"),
        ELIBSCN => (nameof(ELIBSCN), "section of an executable corrupted"),
        ELIBMAX => (nameof(ELIBMAX), "too many shared libraries"),
        ELIBEXEC => (nameof(ELIBEXEC), "a shared library cannot be executed"),
        EILSEQ => (nameof(EILSEQ), "invalid byte sequence"),
        ERESTART => (nameof(ERESTART), "interrupted call should be restarted"),
        ESTRPIPE => (nameof(ESTRPIPE), "stream pipe error"),
        EUSERS => (nameof(EUSERS), "too many users"),
        ENOTSOCK => (nameof(ENOTSOCK), "not a socket"),
        EDESTADDRREQ => (nameof(EDESTADDRREQ), "destination address required"),
        EMSGSIZE => (nameof(EMSGSIZE), "message too long"),
        EPROTOTYPE => (nameof(EPROTOTYPE), "wrong protocol for the type of socket"),
        ENOPROTOOPT => (nameof(ENOPROTOOPT), "no such protocol option"),
        EPROTONOSUPPORT => (nameof(EPROTONOSUPPORT), "protocol not supported"),
        ESOCKTNOSUPPORT => (nameof(ESOCKTNOSUPPORT), "type of socket not supported"),
        EOPNOTSUPP => (nameof(EOPNOTSUPP), "operation not supported"),
        EPFNOSUPPORT => (nameof(EPFNOSUPPORT), "protocol family not supported"),
        EAFNOSUPPORT => (nameof(EAFNOSUPPORT), "address family not supported"),
        EADDRINUSE => (nameof(EADDRINUSE), "address already in use"),
        EADDRNOTAVAIL => (nameof(EADDRNOTAVAIL), "address not available"),
        ENETDOWN => (nameof(ENETDOWN), "network is down"),
        ENETUNREACH => (nameof(ENETUNREACH), "network is unreachable"),
        ENETRESET => (nameof(ENETRESET), "connection dropped by the network"),
        ECONNABORTED => (nameof(ECONNABORTED), "connection aborted"),
        ECONNRESET => (nameof(ECONNRESET), "connection reset by the peer"),
        ENOBUFS => (nameof(ENOBUFS), "no buffer available"),
        EISCONN => (nameof(EISCONN), "already connected"),
        ENOTCONN => (nameof(ENOTCONN), "not connected"),
        ESHUTDOWN => (nameof(ESHUTDOWN), "shut down for sending"),
        ETOOMANYREFS => (nameof(ETOOMANYREFS), "too many references"),
        ETIMEDOUT => (nameof(ETIMEDOUT), "connection timed out"),
        ECONNREFUSED => (nameof(ECONNREFUSED), "connection refused"),
        EHOSTDOWN => (nameof(EHOSTDOWN), "host is down"),
        EHOSTUNREACH => (nameof(EHOSTUNREACH), "no route to the host"),
        EALREADY => (nameof(EALREADY), "already in progress"),
        EINPROGRESS => (nameof(EINPROGRESS), "now in progress"),
        ESTALE => (nameof(ESTALE), "stale file handle"),
        EUCLEAN => (nameof(EUCLEAN), "file system needs cleaning"),
        ENOTNAM => (nameof(ENOTNAM), "not a named type file"),
        ENAVAIL => (nameof(ENAVAIL), "no semaphores available"),
        EISNAM => (nameof(EISNAM), "is a named type file"),
        EREMOTEIO => (nameof(EREMOTEIO), "remote input/output error"),
        EDQUOT => (nameof(EDQUOT), "disk quota exceeded"),
        ENOMEDIUM => (nameof(ENOMEDIUM), "no medium"),
        EMEDIUMTYPE => (nameof(EMEDIUMTYPE), "wrong type of medium"),
        ECANCELED => (nameof(ECANCELED), "operation cancelled"),
        ENOKEY => (nameof(ENOKEY), "required key not available"),
        EKEYEXPIRED => (nameof(EKEYEXPIRED), "key expired"),
        EKEYREVOKED => (nameof(EKEYREVOKED), "key revoked"),
        EKEYREJECTED => (nameof(EKEYREJECTED), "key rejected"),
        EOWNERDEAD => (nameof(EOWNERDEAD), "owner died"),
        ENOTRECOVERABLE => (nameof(ENOTRECOVERABLE), "state not recoverable"),
        ERFKILL => (nameof(ERFKILL), "switched off by RF-kill"),
        EHWPOISON => (nameof(EHWPOISON), "memory page has a hardware error"),
        ERESTARTSYS => (nameof(ERESTARTSYS), "interrupted inside the kernel"),
        ERESTARTNOINTR => (nameof(ERESTARTNOINTR), "interrupted inside the kernel"),
        ERESTARTNOHAND => (nameof(ERESTARTNOHAND), "interrupted inside the kernel"),
        ENOIOCTLCMD => (nameof(ENOIOCTLCMD), "the driver has no such command"),
        ERESTARTBLOCK => ("ERESTART_RESTARTBLOCK", "interrupted inside the kernel"),
        ENOTSUPP => (nameof(ENOTSUPP), "operation not supported by the driver"),
        _ => (null, "an error that Dispatch knows no name for"),
    };
}
