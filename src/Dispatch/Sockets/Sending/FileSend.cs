using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// One awaited send of a part of a file, which the kernel moves from its page cache to the socket: nothing passes through memory of the process. The calls are <c>sendfile(2)</c> on a worker, because they may wait for the
/// device; the socket does not block, so they end when it is full, and the ring tells when it has room again. No worker waits for a peer. (Splicing by the ring would: its splices run on kernel workers, which a peer that
/// takes nothing keeps for ever.)
/// </summary>
internal sealed class FileSend(LoopEngine engine) : QueuedSend(engine), IThreadPoolWorkItem, IValueTaskSource<long>
{
    private const long MostBytesACall = 8 << 20; // So that a cancel does not come to a connection that goes on for gigabytes.

    private DispatchFile? file;
    private OwnedDescriptor? borrowedSocket;
    private OwnedDescriptor? borrowedFile;
    private int socket;
    private int source;
    private long offset;
    private long remaining;
    private long total;
    private long moved;
    private bool isFileShort;
    private bool isOnWorker;

    /// <summary>Prepares to send a part of a file of the same loop.</summary>
    public void Prepare(Connection connection, DispatchFile from, long start, long length)
    {
        from.OwnedDescriptor.AddUseWhileClosing();
        file = from;
        source = from.OwnedDescriptor.Number;
        socket = connection.OwnedDescriptor.Number;
        offset = start;
        total = remaining = length;
        isFileShort = false;
        Begin(connection);
    }

    /// <summary>One call. Runs on a worker.</summary>
    public void Execute()
    {
        moved = Engine.Ring.Calls.SendFile(socket, source, offset, Math.Min(remaining, MostBytesACall));
        borrowedSocket!.TakeBack();
        borrowedFile!.TakeBack();
        Engine.Posted.PostOrPool(static s => ((FileSend)s!).OnMoved(), this);
    }

    /// <inheritdoc/>
    public override void ReturnToPool() => Engine.FileSendPool.Return(this);

    /// <inheritdoc/>
    public override void RequestCancel()
    {
        if (isOnWorker)
        {
            NoteCancelRequest(); // The call ends by itself, when the socket is full at the latest.
        }
        else
        {
            base.RequestCancel();
        }
    }

    /// <inheritdoc/>
    long IValueTaskSource<long>.GetResult(short token)
    {
        Core.VerifyCompleted(token);
        long sent = total - remaining;
        GetResult(token);
        return sent;
    }

    /// <inheritdoc/>
    protected override void ReturnFromAnyThread() => Engine.FileSendPool.ReturnFromAnyThread(this);

    /// <inheritdoc/>
    protected override void StageRest()
    {
        isOnWorker = true;
        borrowedSocket = Connection!.OwnedDescriptor;
        borrowedFile = file!.OwnedDescriptor;
        borrowedSocket.AddUseWhileClosing();
        borrowedSocket.Lend();
        borrowedFile.Lend();
        Engine.Ring.OffLoop.Queue(this);
    }

    /// <inheritdoc/>
    protected override bool Advance(int sent) => false; // The socket has room again: the next call.

    /// <inheritdoc/>
    protected override void ReturnMemory()
    {
        DispatchFile used = file!;
        file = null;
        borrowedSocket = borrowedFile = null;
        used.OwnedDescriptor.ReleaseUse();
    }

    /// <inheritdoc/>
    protected override Exception Explain(int errno, CancellationToken token) => isFileShort
        ? new EndOfStreamException($"The file ended after {total - remaining} of {total} bytes, which were sent. The connection refuses later sends: its peer has been promised more.")
        : ErrorMap.ForSocket("sendfile", -errno, $"after {total - remaining} of {total} bytes", token);

    private void OnMoved()
    {
        if (!Engine.IsOwner)
        {
            Abandon(); // The loop has ended meanwhile, and with it the connection.
            return;
        }

        Engine.CountHandOff();
        isOnWorker = false;
        Connection!.OwnedDescriptor.ReleaseUse();
        long result = moved;
        if (result > 0)
        {
            offset += result;
            remaining -= result;
        }

        if (remaining == 0)
        {
            Finish(0);
        }
        else if (IsCancelRequested)
        {
            Finish(Errno.ECANCELED);
        }
        else if (result is > 0 or -Errno.EAGAIN)
        {
            AwaitRoom();
        }
        else if (result == -Errno.EINTR)
        {
            Stage();
        }
        else
        {
            isFileShort = result == 0;
            Finish(result == 0 ? Errno.ECONNABORTED : (int)-result);
        }
    }

    private void AwaitRoom()
    {
        SubmissionEntry entry = default;
        entry.Opcode = Opcode.PollAdd;
        entry.Fd = socket;
        entry.OperationFlags = (uint)PollEvents.Writable;
        StageEntry(entry);
    }
}
