namespace Dispatch.Testing;

/// <summary>Who is at which address of the simulated machine.</summary>
internal sealed class Network(SimulatedKernel kernel)
{
    private const int FirstEphemeralPort = 32_768;

    private readonly SortedDictionary<string, List<SocketDescription>> bound = new(StringComparer.Ordinal);
    private readonly List<StreamSocket> candidates = [];
    private int nextPort = FirstEphemeralPort;

    /// <summary>Gets a port that nobody has asked for.</summary>
    public int NextPort()
    {
        while (Exists("sport " + nextPort) || Exists("dport " + nextPort))
        {
            Advance();
        }

        int port = nextPort;
        Advance();
        return port;
    }

    /// <summary>Says whether something is bound to a key.</summary>
    public bool Exists(string key) => bound.ContainsKey(key);

    /// <summary>Gives a socket the address that it has written down. Returns −EADDRINUSE when another has it.</summary>
    public int Bind(SocketDescription socket)
    {
        string key = socket.Key!;
        if (!bound.TryGetValue(key, out List<SocketDescription>? holders))
        {
            bound.Add(key, holders = []);
        }

        foreach (SocketDescription holder in holders)
        {
            bool differ = holder.Family != socket.Family && (holder.OnlyV6 || socket.OnlyV6);
            if (!differ && !(holder.SharesAddress && socket.SharesAddress) && (socket.Kind[0] == 'd' || holder.Family == SimulatedAddress.Unix || holder is StreamSocket { IsListening: true } or not StreamSocket))
            {
                return -Errno.EADDRINUSE;
            }
        }

        holders.Add(socket);
        return 0;
    }

    /// <summary>Says whether a socket may listen at its address: another may not do so already, unless they share it.</summary>
    public int Listen(StreamSocket socket)
    {
        foreach (SocketDescription holder in bound[socket.Key!])
        {
            bool differ = holder.Family != socket.Family && (holder.OnlyV6 || socket.OnlyV6);
            if (!ReferenceEquals(holder, socket) && !differ && holder is StreamSocket { IsListening: true } && !(holder.SharesAddress && socket.SharesAddress))
            {
                return -Errno.EADDRINUSE;
            }
        }

        return 0;
    }

    /// <summary>Takes a socket's address away.</summary>
    public void Forget(SocketDescription socket)
    {
        if (socket.Key is { } key && bound.TryGetValue(key, out List<SocketDescription>? holders) && holders.Remove(socket) && holders.Count == 0)
        {
            bound.Remove(key);
        }
    }

    /// <summary>Finds who listens at an address; of several that share it, one by the seed, as a kernel does by a hash.</summary>
    public StreamSocket? FindListener(SimulatedAddress address, int family)
    {
        candidates.Clear();
        if (bound.TryGetValue("s" + address.Key, out List<SocketDescription>? holders))
        {
            foreach (SocketDescription holder in holders)
            {
                if (holder is StreamSocket { IsListening: true } listener && (listener.Family == family || (family == SimulatedAddress.InterNetwork && !listener.OnlyV6)))
                {
                    candidates.Add(listener);
                }
            }
        }

        return candidates.Count switch
        {
            0 => null,
            1 => candidates[0],
            _ => candidates[kernel.Chance.Below(candidates.Count)],
        };
    }

    /// <summary>Finds who receives a socket's datagrams at an address: of IP sockets there, one that is connected to the sender, or one that hears everybody.</summary>
    public DatagramSocket? FindDatagram(SimulatedAddress address, DatagramSocket sender)
    {
        DatagramSocket? found = null;
        if (bound.TryGetValue("d" + address.Key, out List<SocketDescription>? holders))
        {
            foreach (SocketDescription holder in holders)
            {
                DatagramSocket candidate = (DatagramSocket)holder;
                bool fits = candidate.Family == address.Family || (candidate.Family == SimulatedAddress.InterNetworkV6 && !candidate.OnlyV6);
                if (fits && (!address.IsIp || candidate.Accepts(sender)) && (found is null || candidate.Remote is not null))
                {
                    found = candidate;
                }
            }
        }

        return found;
    }

    private void Advance() => nextPort = nextPort == 60_999 ? FirstEphemeralPort : nextPort + 1;
}
