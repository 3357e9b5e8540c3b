using System.Net.Sockets;

namespace Dispatch.Examples.Echo;

/// <summary>
/// The echo as a C server would do it: raw requests under tags, completions taken out of the ring, connections in an array. A connection has a receive in flight that brings many completions, and one send at
/// a time, from the buffer that was received into; the rest waits in its queue. Its descriptor is closed when nothing is in flight on it, for its number goes to the next connection. Nothing is allocated for a message.
/// </summary>
internal sealed class PollLoop
{
    private const int EMFILE = 24;
    private const int ENFILE = 23;
    private const int ENOBUFS = 105;
    private const int ECANCELED = 125;
    private const int Batch = 256;

    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(50);

    private readonly Listener listener;
    private readonly int bufferCount;
    private readonly int mostUnsent;
    private readonly BufferChains buffers;
    private readonly Queue<int> starved = new();
    private PollPeer[] peers = new PollPeer[1024];
    private int open;
    private bool isAccepting;
    private bool isStopping;
    private bool isPastDeadline;

    /// <summary>Initializes a new instance of the <see cref="PollLoop"/> class.</summary>
    /// <param name="loop">The loop, attached to the calling thread.</param>
    /// <param name="listener">Where connections come from.</param>
    /// <param name="bufferCount">How many receive buffers the loop has.</param>
    public PollLoop(EventLoop loop, Listener listener, int bufferCount)
    {
        Loop = loop;
        this.listener = listener;
        this.bufferCount = bufferCount;
        mostUnsent = Math.Clamp(bufferCount / 4, 1, 16); // So that a few peers that take no answers cannot hold all of them.
        buffers = new BufferChains(bufferCount);
    }

    /// <summary>Gets the loop.</summary>
    public EventLoop Loop { get; }

    private bool IsDone => isStopping && ((open == 0 && !isAccepting) || isPastDeadline);

    /// <summary>Serves until <see cref="Stop"/> was called and all connections have ended, or the deadline has passed.</summary>
    /// <param name="idle">What to do when there is nothing to do.</param>
    public void Run(EchoIdle idle)
    {
        Accept();
        while (!IsDone)
        {
            bool isBusy = Loop.Poll() > 0; // What was posted to the loop; raw completions that it meets wait to be taken.
            for (int i = 0; i < Batch && Loop.TryTake(out Completion completion); i++)
            {
                Handle(completion);
                isBusy = true;
            }

            if (!FeedStarved() && !isBusy)
            {
                Rest(idle);
            }
        }
    }

    /// <summary>Stops accepting, and receives only what has arrived already. On the loop's thread.</summary>
    /// <param name="deadline">How long connections may take to send it back.</param>
    public void Stop(TimeSpan deadline)
    {
        isStopping = true;
        Loop.Submit(IoRequest.Timeout(deadline), PollTag.Of(PollTag.Deadline));
        Loop.Cancel(PollTag.Of(PollTag.Accepted));
        for (int descriptor = 0; descriptor < peers.Length; descriptor++)
        {
            FinishReceiving(descriptor);
        }
    }

    private void Rest(EchoIdle idle)
    {
        switch (idle)
        {
            case EchoIdle.Park:
                Loop.Park();
                break;
            case EchoIdle.Yield:
                Thread.Yield();
                break;
            default:
                break;
        }
    }

    private void Handle(in Completion completion)
    {
        int descriptor = PollTag.DescriptorOf(completion.Tag);
        switch (PollTag.KindOf(completion.Tag))
        {
            case PollTag.Accepted:
                OnAccepted(completion);
                break;
            case PollTag.Received:
                OnReceived(completion, descriptor);
                break;
            case PollTag.Sent:
                OnSent(completion, descriptor);
                break;
            case PollTag.ShutDown:
                peers[descriptor].IsShuttingDown = false;
                Continue(descriptor, ref peers[descriptor]);
                break;
            case PollTag.AcceptAgain when !isStopping:
                Accept();
                break;
            case PollTag.Deadline:
                isPastDeadline = true;
                break;
            default:
                break; // Closed: nothing waits for that.
        }
    }

    private void Accept()
    {
        isAccepting = true;
        Loop.Submit(IoRequest.AcceptMultishot(listener), PollTag.Of(PollTag.Accepted));
    }

    private void OnAccepted(in Completion completion)
    {
        if (!completion.IsError)
        {
            Open((int)completion.Result);
        }

        if (completion.HasMore)
        {
            return;
        }

        isAccepting = false;
        if (isStopping)
        {
            return;
        }

        if (completion.ErrorNumber is EMFILE or ENFILE)
        {
            Loop.Submit(IoRequest.Timeout(AcceptPause), PollTag.Of(PollTag.AcceptAgain)); // At once, it would fail again at once.
        }
        else
        {
            Accept();
        }
    }

    private void Open(int descriptor)
    {
        if (descriptor >= peers.Length)
        {
            Array.Resize(ref peers, Math.Max(descriptor + 1, 2 * peers.Length));
        }

        peers[descriptor] = new PollPeer { IsOpen = true };
        open++;
        Receive(descriptor);
        if (isStopping)
        {
            FinishReceiving(descriptor);
        }
    }

    private void Receive(int descriptor)
    {
        peers[descriptor].IsReceiving = true;
        Loop.Submit(IoRequest.ReceiveMultishot(descriptor), PollTag.Of(PollTag.Received, descriptor));
    }

    private void OnReceived(in Completion completion, int descriptor)
    {
        ref PollPeer peer = ref peers[descriptor];
        peer.IsReceiving = completion.HasMore;
        if (completion.BufferId >= 0)
        {
            BufferLease lease = Loop.TakeBuffer(completion);
            if (lease.IsEmpty || peer.IsBroken)
            {
                lease.Dispose();
            }
            else
            {
                buffers.Add(ref peer.Unsent, completion.BufferId, lease);
                SendFirst(descriptor, ref peer);
            }
        }

        if (peer.IsReceiving)
        {
            if (peer.Unsent.Count == mostUnsent)
            {
                Loop.Cancel(completion.Tag); // It does not take its answers: stop, so that its window closes, and others have the buffers.
            }
        }
        else
        {
            OnReceiveEnded(completion, descriptor, ref peer);
        }
    }

    private void OnReceiveEnded(in Completion completion, int descriptor, ref PollPeer peer)
    {
        switch (completion.ErrorNumber)
        {
            case 0 when completion.Result > 0:
                break; // A healthy receive that the kernel ended.
            case ECANCELED:
                break; // We did it.
            case 0:
                peer.IsFinished = true;
                break;
            case ENOBUFS:
                // No error of the connection: it waits for a buffer.
                peer.IsStarved = true;
                starved.Enqueue(descriptor);
                break;
            default:
                peer.IsFinished = true;
                Break(ref peer);
                break;
        }

        Continue(descriptor, ref peer);
    }

    private void SendFirst(int descriptor, ref PollPeer peer)
    {
        if (!peer.IsSending && peer.Unsent.Count > 0)
        {
            peer.IsSending = true;
            Loop.Submit(IoRequest.Send(descriptor, buffers.Head(peer.Unsent), MessageFlags.WaitAll), PollTag.Of(PollTag.Sent, descriptor));
        }
    }

    private void OnSent(in Completion completion, int descriptor)
    {
        ref PollPeer peer = ref peers[descriptor];
        peer.IsSending = false;
        if (completion.IsError)
        {
            Break(ref peer);
            FinishReceiving(descriptor);
        }
        else if (peer.IsBroken)
        {
            Break(ref peer); // The buffer that was being sent is the last one left.
        }
        else if (completion.Result < buffers.Head(peer.Unsent).Length)
        {
            ref BufferLease lease = ref buffers.Head(peer.Unsent);
            lease = lease.Slice((int)completion.Result);
        }
        else
        {
            buffers.Remove(ref peer.Unsent);
        }

        SendFirst(descriptor, ref peer);
        Continue(descriptor, ref peer);
    }

    /// <summary>Nothing can be sent any more: what is not being sent goes back.</summary>
    private void Break(ref PollPeer peer)
    {
        peer.IsBroken = true;
        while (!peer.IsSending && peer.Unsent.Count > 0)
        {
            buffers.Remove(ref peer.Unsent);
        }
    }

    /// <summary>Receives again, or closes, if it is time for that.</summary>
    private void Continue(int descriptor, ref PollPeer peer)
    {
        if (!peer.IsOpen || peer.IsReceiving || peer.IsStarved)
        {
            return;
        }

        if (!peer.IsFinished && !peer.IsBroken)
        {
            if (peer.Unsent.Count == 0)
            {
                Receive(descriptor);
            }
        }
        else if (!peer.IsSending && !peer.IsShuttingDown && peer.Unsent.Count == 0)
        {
            peer.IsOpen = false;
            open--;
            Loop.Submit(IoRequest.Close(descriptor), PollTag.Of(PollTag.Closed, descriptor));
        }
    }

    /// <summary>Makes the kernel end the receive: what has arrived comes, and then the end of the stream.</summary>
    private void FinishReceiving(int descriptor)
    {
        if (peers[descriptor] is { IsOpen: true, IsShuttingDown: false })
        {
            peers[descriptor].IsShuttingDown = true;
            Loop.Submit(IoRequest.Shutdown(descriptor, SocketShutdown.Receive), PollTag.Of(PollTag.ShutDown, descriptor));
        }
    }

    /// <summary>
    /// Lets connections that waited for a buffer receive again, as many as there are free buffers. The kernel looks for a buffer before it looks for data, so some may leave theirs where it is: then it is the next one's turn.
    /// </summary>
    private bool FeedStarved()
    {
        int fed = 0;
        while (fed < bufferCount - buffers.Count && starved.TryDequeue(out int descriptor))
        {
            peers[descriptor].IsStarved = false;
            Continue(descriptor, ref peers[descriptor]);
            fed++;
        }

        return fed > 0;
    }
}
