using System.Net;
using System.Net.Sockets;

namespace Dispatch.Benchmarks;

/// <summary>
/// Datagrams that are received as fast as they come; an operation is one. A thread of the process sends them, sixty-four a call (UDP_SEGMENT: the kernel cuts them apart before they reach the receiver), and never more ahead of the receiver than its
/// socket's buffer holds, so that none is lost. What is measured is the CPU time of the whole process but for that thread.
/// </summary>
internal abstract class DatagramWorkload : IWorkload
{
    protected const int Bytes = 200;
    private const int BytesOfBuffer = 4 << 20;
    private const int ACall = 64;
    private const int MostAhead = 1024;
    private const int SolUdp = 17;
    private const int UdpSegment = 103;
    private const int SolSocket = 1;
    private const int ReceiveBufferForce = 33;

    private readonly Socket sender;
    private readonly Thread sending;
    private readonly ManualResetEventSlim sends = new();
    private long sent;
    private long received;
    private long senderCpuNs;
    private volatile bool isDisposed;

    protected DatagramWorkload(EndPoint receiver)
    {
        sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        sender.SetRawSocketOption(SolUdp, UdpSegment, BitConverter.GetBytes(Bytes));
        sender.Connect(receiver);
        sending = new Thread(SendAll) { IsBackground = true };
        sending.Start();
    }

    public Window Run(TimeSpan length)
    {
        sends.Set();
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long cpuNs = CpuClock.OfThisProcess() - Volatile.Read(ref senderCpuNs);
        long begin = WallClock.NowNs();
        long first = received;
        Receive(WallClock.DeadlineNs(begin, length));
        sends.Reset();
        long wallNs = WallClock.NowNs() - begin;
        return new Window
        {
            Operations = Math.Max(1, received - first),
            WallNs = wallNs,
            CpuNs = CpuClock.OfThisProcess() - Volatile.Read(ref senderCpuNs) - cpuNs,
            AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true) - allocated,
        };
    }

    public virtual void Dispose()
    {
        isDisposed = true;
        sends.Set();
        sending.Join();
        sender.Dispose();
        sends.Dispose();
    }

    /// <summary>Makes room in a receiver's socket for all that may be ahead.</summary>
    protected static void Enlarge(Socket receiver) => receiver.SetRawSocketOption(SolSocket, ReceiveBufferForce, BitConverter.GetBytes(BytesOfBuffer));

    /// <summary>Receives until the deadline, and says so.</summary>
    protected abstract void Receive(long deadlineNs);

    /// <summary>To be called by the receiver for what it has received.</summary>
    protected void Received(int count) => Volatile.Write(ref received, received + count);

    private void SendAll()
    {
        byte[] data = new byte[Bytes * ACall];
        while (!isDisposed)
        {
            sends.Wait();
            if (sent - Volatile.Read(ref received) <= MostAhead - ACall)
            {
                sender.Send(data);
                sent += ACall;
            }
            else
            {
                BusyWait.Pause();
            }

            Volatile.Write(ref senderCpuNs, CpuClock.OfThisThread());
        }
    }
}
