namespace Dispatch.Testing;

/// <summary>The system calls that are made beside the ring, on the simulated machine.</summary>
internal sealed unsafe class SimulatedCalls(SimulatedKernel kernel) : KernelCalls
{
    private const int SolSocket = 1;
    private const int SoReusePort = 15;
    private const int SoLinger = 13;
    private const int IpprotoIpv6 = 41;
    private const int Ipv6Only = 26;
    private const int TypeMask = 0xf;
    private const int MostBytesACall = 65_536;

    /// <inheritdoc/>
    public override int Socket(int domain, int type, int protocol)
    {
        lock (kernel.Gate)
        {
            return Note("socket", -1, MakeSocket(domain, type));
        }
    }

    /// <inheritdoc/>
    public override int SetOption(int descriptor, int level, int option, void* value, int bytes)
    {
        lock (kernel.Gate)
        {
            if (kernel.Descriptors.Find(descriptor) is not SocketDescription socket)
            {
                return kernel.Descriptors.Find(descriptor) is null ? -Errno.EBADF : -Errno.ENOTSOCK;
            }

            int number = *(int*)value;
            socket.SetOption(level, option, new ReadOnlySpan<byte>(value, bytes));
            switch (level, option)
            {
                case (SolSocket, SoReusePort):
                    socket.SharesAddress = number != 0;
                    break;
                case (SolSocket, SoLinger):
                    socket.Lingers = number != 0 && ((int*)value)[1] == 0;
                    break;
                case (IpprotoIpv6, Ipv6Only):
                    socket.OnlyV6 = number != 0;
                    break;
            }

            return 0;
        }
    }

    /// <inheritdoc/>
    public override int GetOption(int descriptor, int level, int option, void* value, int bytes)
    {
        lock (kernel.Gate)
        {
            return kernel.Descriptors.Find(descriptor) is not SocketDescription socket
                ? kernel.Descriptors.Find(descriptor) is null ? -Errno.EBADF : -Errno.ENOTSOCK
                : socket.GetOption(level, option, new Span<byte>(value, bytes));
        }
    }

    /// <inheritdoc/>
    public override int Bind(int descriptor, byte* address, int bytes)
    {
        lock (kernel.Gate)
        {
            return Note("bind", descriptor, kernel.Descriptors.Find(descriptor) is SocketDescription socket ? socket.Bind(new ReadOnlySpan<byte>(address, bytes)) : -Errno.ENOTSOCK);
        }
    }

    /// <inheritdoc/>
    public override int Listen(int descriptor, int backlog)
    {
        lock (kernel.Gate)
        {
            return Note("listen", descriptor, kernel.Descriptors.Find(descriptor) is StreamSocket socket ? socket.Listen(backlog) : -Errno.ENOTSOCK);
        }
    }

    /// <inheritdoc/>
    public override int GetName(int descriptor, bool ofPeer, byte* address, int bytes)
    {
        lock (kernel.Gate)
        {
            if (kernel.Descriptors.Find(descriptor) is not SocketDescription socket)
            {
                return -Errno.ENOTSOCK;
            }

            if (ofPeer && socket.Remote is null)
            {
                return -Errno.ENOTCONN;
            }

            ReadOnlySpan<byte> name = ((ofPeer ? socket.Remote : socket.Local) ?? SimulatedAddress.Unnamed(socket.Family)).Bytes;
            name[..Math.Min(bytes, name.Length)].CopyTo(new Span<byte>(address, bytes));
            return name.Length;
        }
    }

    /// <inheritdoc/>
    public override int Close(int descriptor)
    {
        lock (kernel.Gate)
        {
            // A finalizer's close comes at a time that no seed knows. The number stays open, and the balance at the end names it.
            return kernel.IsStepped && !kernel.IsOwnThread ? 0 : Note("close", descriptor, kernel.Descriptors.Close(descriptor));
        }
    }

    /// <inheritdoc/>
    public override int GetFlags(int descriptor)
    {
        lock (kernel.Gate)
        {
            return kernel.Descriptors.Find(descriptor)?.Flags ?? -Errno.EBADF;
        }
    }

    /// <inheritdoc/>
    public override int SetFlags(int descriptor, int flags)
    {
        lock (kernel.Gate)
        {
            if (kernel.Descriptors.Find(descriptor) is not { } open)
            {
                return -Errno.EBADF;
            }

            open.Flags = flags;
            return 0;
        }
    }

    /// <inheritdoc/>
    public override long SendFile(int socket, int file, long offset, long bytes)
    {
        lock (kernel.Gate)
        {
            if (kernel.Descriptors.Find(socket) is not StreamSocket to || kernel.Descriptors.Find(file) is not FileDescription from)
            {
                return -Errno.EBADF;
            }

            byte[] data = new byte[Math.Min(bytes, MostBytesACall)];
            int read = from.Read(data, offset, 0);
            int result = read <= 0 ? read : to.Send(data.AsSpan(0, read), MessageFlags.DoNotWait);
            return Note("sendfile", socket, result == Outcome.WouldBlock ? -Errno.EAGAIN : result);
        }
    }

    /// <inheritdoc/>
    public override int SetLength(int descriptor, long length)
    {
        lock (kernel.Gate)
        {
            return Note("ftruncate", descriptor, kernel.Descriptors.Find(descriptor) is FileDescription file ? file.SetLength(length) : -Errno.EINVAL);
        }
    }

    /// <inheritdoc/>
    public override int ReadCached(int descriptor, byte* buffer, int bytes, long offset)
    {
        lock (kernel.Gate)
        {
            int result = kernel.Descriptors.Find(descriptor) switch
            {
                null => -Errno.EBADF,
                FileDescription file => file.Read(new Span<byte>(buffer, bytes), offset, (uint)ReadWriteFlags.NoWait),
                _ => -Errno.ESPIPE,
            };
            return Note("preadv2", descriptor, result);
        }
    }

    /// <inheritdoc/>
    public override long GetLength(int descriptor)
    {
        lock (kernel.Gate)
        {
            return kernel.Descriptors.Find(descriptor) is FileDescription file
                ? file.Inode.Length
                : throw new IOException($"Descriptor {descriptor} is no open file of the simulated kernel.");
        }
    }

    /// <inheritdoc/>
    public override int ReadNow(int descriptor, Span<byte> destination) => -Errno.ENOSYS;

    /// <inheritdoc/>
    public override int CreateWatcher() => -Errno.ENOSYS;

    /// <inheritdoc/>
    public override int AddWatch(int watcher, string path, uint mask) => -Errno.ENOSYS;

    /// <inheritdoc/>
    public override int RemoveWatch(int watcher, int watch) => -Errno.ENOSYS;

    /// <inheritdoc/>
    public override int OpenProcess(int processId) => -Errno.ENOSYS;

    /// <inheritdoc/>
    public override int SignalProcess(int process, int signal) => -Errno.ENOSYS;

    /// <inheritdoc/>
    public override long WaitProcess(int process, bool reap) => -Errno.ENOSYS;

    /// <inheritdoc/>
    public override int GetStatus(int descriptor, Span<byte> record)
    {
        lock (kernel.Gate)
        {
            return kernel.Paths.Status(descriptor, string.Empty, follows: true, allowEmpty: true, record);
        }
    }

    /// <inheritdoc/>
    public override void VerifyProcesses(string what) => throw new NotSupportedException($"{what}: the simulated kernel has no processes, and nothing of them. Test this on the system's kernel.");

    /// <summary>Makes a socket and gives it a number.</summary>
    public int MakeSocket(int domain, int type)
    {
        if (domain is not (SimulatedAddress.InterNetwork or SimulatedAddress.InterNetworkV6 or SimulatedAddress.Unix))
        {
            return -Errno.EAFNOSUPPORT;
        }

        if (kernel.Faults.Strikes(FaultKind.NoDescriptors))
        {
            return -Errno.EMFILE;
        }

        return (type & TypeMask) switch
        {
            1 => kernel.Descriptors.Add(new StreamSocket(kernel, domain) { Flags = 2 | (type & (int)OpenFlags.NonBlocking) }),
            2 => kernel.Descriptors.Add(new DatagramSocket(kernel, domain) { Flags = 2 }),
            _ => -Errno.ESOCKTNOSUPPORT,
        };
    }

    private int Note(string call, int descriptor, int result)
    {
        kernel.Trace.Add(TraceKind.Call, kernel.Now, descriptor: descriptor, result: result, text: call);
        return result;
    }
}
