using System.Net;
using System.Net.Sockets;

namespace Dispatch.Benchmarks;

/// <summary>
/// A file to a socket, again and again; an operation is 1 MiB. What is measured is the CPU time of the whole process but for the thread that receives: it takes the bytes out of the socket without looking at them
/// (MSG_TRUNC), half a mebibyte at a time (SO_RCVLOWAT): else what would be measured above all is how often it is woken. Its own time is taken off.
/// </summary>
internal abstract class SendFileWorkload : IWorkload
{
    private const int Unit = 1 << 20;
    private const int WakeBytes = 1 << 19;
    private const int SolSocket = 1;
    private const int SoReceiveLowWater = 18;

    private readonly Socket taker;
    private readonly Thread taking;
    private long takerCpuNs;

    protected SendFileWorkload()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        taker = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taker.SetRawSocketOption(SolSocket, SoReceiveLowWater, BitConverter.GetBytes(WakeBytes));
        taker.Connect(listener.LocalEndPoint!);
        Sender = listener.Accept();
        Sender.NoDelay = true;
        taking = new Thread(Take) { IsBackground = true };
        taking.Start();
    }

    /// <summary>Gets the end to send to.</summary>
    protected Socket Sender { get; }

    public Window Run(TimeSpan length)
    {
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long cpuNs = CpuClock.OfThisProcess() - Volatile.Read(ref takerCpuNs);
        long begin = WallClock.NowNs();
        long deadline = WallClock.DeadlineNs(begin, length);
        long sent = Send(deadline);
        long wallNs = WallClock.NowNs() - begin;
        return new Window
        {
            Operations = Math.Max(1, sent / Unit),
            WallNs = wallNs,
            CpuNs = CpuClock.OfThisProcess() - Volatile.Read(ref takerCpuNs) - cpuNs,
            AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true) - allocated,
        };
    }

    public virtual void Dispose()
    {
        Sender.Dispose();
        taking.Join();
        taker.Dispose();
    }

    /// <summary>Sends whole files until the deadline. Returns the number of bytes.</summary>
    protected abstract long Send(long deadlineNs);

    private unsafe void Take()
    {
        byte[] none = GC.AllocateArray<byte>(Unit, pinned: true);
        fixed (byte* memory = none)
        {
            while (TakeSome(memory) > 0)
            {
                Volatile.Write(ref takerCpuNs, CpuClock.OfThisThread());
            }
        }
    }

    private unsafe long TakeSome(byte* memory)
    {
        const int Truncate = 0x20;
        return Native.Receive((int)taker.Handle, memory, Unit, Truncate);
    }
}
