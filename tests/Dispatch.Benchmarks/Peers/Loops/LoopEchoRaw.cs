using System.Net;
using System.Net.Sockets;
using Tmds.Linux;

namespace Dispatch.Benchmarks;

/// <summary>An echo server whose thread takes raw completions out of its ring: the C server in C#.</summary>
internal sealed class LoopEchoRaw(EventLoopOptions options) : IEchoServer
{
    private const int KindBits = 2;
    private const int BufferBits = 16;
    private const ulong Accepted = 1;
    private const ulong Received = 2;
    private const ulong Sent = 3;
    private const int NoBufferFree = 105; // ENOBUFS

    private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly BufferLease[] leases = new BufferLease[1 << BufferBits];
    private readonly TaskCompletionSource<EventLoop> running = new();
    private Thread? thread;
    private volatile bool stopping;

    public IPEndPoint Start(int port)
    {
        listener.NoDelay = true; // Accepted sockets inherit it.
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(1024);
        thread = new Thread(Serve);
        thread.Start();
        return (IPEndPoint)listener.LocalEndPoint!;
    }

    public void Dispose()
    {
        stopping = true;
        if (thread is not null)
        {
            running.Task.GetAwaiter().GetResult().Post(static () => { });
            thread.Join();
        }

        listener.Dispose();
    }

    private static ulong Tag(ulong kind, int descriptor, int buffer) => ((ulong)descriptor << (KindBits + BufferBits)) | ((ulong)buffer << KindBits) | kind;

    private static void Close(int descriptor) => _ = LibC.close(descriptor);

    private static void Receive(EventLoop loop, int descriptor) => loop.Submit(IoRequest.ReceiveMultishot(descriptor), Tag(Received, descriptor, 0));

    // The lease is kept until the send has ended, and with it the buffer stays where it is.
    private static unsafe void Send(EventLoop loop, int descriptor, BufferLease lease, ulong tag)
    {
        fixed (byte* data = lease.Span)
        {
            loop.Submit(IoRequest.Send(descriptor, (nint)data, lease.Length, MessageFlags.WaitAll), tag);
        }
    }

    private void Serve()
    {
        using EventLoop loop = EventLoop.Attach(options);
        loop.Submit(IoRequest.AcceptMultishot(listener), Accepted);
        running.SetResult(loop);
        while (!stopping)
        {
            if (loop.TryTake(out Completion completion))
            {
                Handle(loop, completion);
            }
            else if (loop.Poll() == 0)
            {
                loop.Park();
            }
        }
    }

    private void Handle(EventLoop loop, in Completion completion)
    {
        int descriptor = (int)(completion.Tag >> (KindBits + BufferBits));
        switch (completion.Tag & ((1 << KindBits) - 1))
        {
            case Accepted:
                if (completion.Result >= 0)
                {
                    Receive(loop, (int)completion.Result);
                }

                break;
            case Received:
                OnReceived(loop, completion, descriptor);
                break;
            default:
                leases[(completion.Tag >> KindBits) & ((1 << BufferBits) - 1)].Dispose();
                break;
        }
    }

    private void OnReceived(EventLoop loop, in Completion completion, int descriptor)
    {
        int buffer = completion.BufferId;
        if (buffer >= 0)
        {
            BufferLease lease = loop.TakeBuffer(completion);
            leases[buffer] = lease;
            if (lease.IsEmpty)
            {
                lease.Dispose();
            }
            else
            {
                Send(loop, descriptor, lease, Tag(Sent, descriptor, buffer));
            }
        }

        if (!completion.HasMore)
        {
            if (completion.Result > 0 || completion.ErrorNumber == NoBufferFree)
            {
                Receive(loop, descriptor);
            }
            else
            {
                Close(descriptor);
            }
        }
    }
}
