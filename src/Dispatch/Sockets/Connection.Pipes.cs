using System.IO.Pipelines;

namespace Dispatch;

/// <content>The pull forms: reader and writer, stream, sequence of leases.</content>
public sealed partial class Connection
{
    private ConnectionInput? input;
    private ConnectionOutput? output;
    private ConnectionPipe? pipe;

    /// <summary>
    /// Gets the received data as a reader whose sequences point into the buffers that the kernel wrote to. From its first read until its completion it is the connection's only reader; what it has not consumed when it is
    /// completed is the next reader's. A reader that does not read stops the receiving (<see cref="EventLoopOptions.ReceiveQuota"/>). It throws a <see cref="System.Net.Sockets.SocketException"/> when the connection broke,
    /// after what came before. One thread at a time; on the owner nothing is allocated, on others calls travel through the inbox. A sequence ends with AdvanceTo.
    /// </summary>
    public PipeReader Input => input ??= new ConnectionInput(this);

    /// <summary>
    /// Gets a writer for what is to be sent. A flush hands what was written to the connection's sends, in order with the others, and completes when less than
    /// <see cref="ConnectionOptions.SendHighWaterMark"/> is on its way; it does not wait for the peer. It throws a <see cref="System.Net.Sockets.SocketException"/> when the connection broke, and its result is
    /// completed when the connection was closed here. Completing the writer sends what is left, and the end of the stream; with an exception it breaks the connection. One thread at a time. <c>sendmsg(2)</c>.
    /// </summary>
    public PipeWriter Output => output ??= new ConnectionOutput(this);

    /// <summary>Gets or sets how many bytes <see cref="Output"/> may have flushed and not sent before a flush waits. See <see cref="ConnectionOptions.SendHighWaterMark"/>.</summary>
    public int SendHighWaterMark
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    }

    /// <summary>
    /// Gets or sets a value indicating whether its pipe is used by code of the thread pool that never blocks for it, so that the wake of a parked owner may stand in the pool's line: see <see cref="GatheredWake"/>. Only where that
    /// code waits in the same line for everything else: who flushes from the midst of long work of the pool's wants it sent at once.
    /// </summary>
    internal bool ServesPool { get; set; }

    /// <summary>Both <see cref="Input"/> and <see cref="Output"/>, for code that takes a duplex pipe.</summary>
    /// <returns>The pipe; the same one at every call.</returns>
    public IDuplexPipe AsDuplexPipe() => pipe ??= new ConnectionPipe(this);

    /// <summary>The connection as a stream, for code that takes one: TLS by <see cref="System.Net.Security.SslStream"/>, say.</summary>
    /// <param name="leaveOpen">Whether disposing the stream leaves the connection open.</param>
    /// <returns>The stream. Its synchronous calls work off the loop and are refused on it.</returns>
    public ConnectionStream AsStream(bool leaveOpen = false) => new(this, leaveOpen);

    /// <summary>
    /// The received data as a sequence that is pulled: each lease ends when the next one is asked for. Ends when the peer has finished sending; throws a <see cref="System.Net.Sockets.SocketException"/> when the
    /// connection broke. Leaving the loop leaves what comes later to the next reader. Nothing is allocated an item.
    /// </summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The sequence; enumerating it receives.</returns>
    public IAsyncEnumerable<BufferLease> ReceiveAllAsync(CancellationToken cancellationToken = default) => new ReceivedLeases(this, cancellationToken);

    /// <summary>Completes when there is something to read, and takes nothing. The number is 0.</summary>
    internal ValueTask<int> WhenReadableAsync(CancellationToken token) => Engine.IsOwner ? Receiving.WhenReadableAsync(token) : WhenReadableElsewhereAsync(token);

    /// <summary>The handler has ended: a reader that it has left behind gives its buffers back. Owner only.</summary>
    internal void AbandonInput() => input?.Abandon();

    /// <summary>Posts to the owner what another thread has asked of the pipe. False when the loop has stopped.</summary>
    internal bool TryPostFromElsewhere(InboxAction action, object state) => ServesPool ? Engine.Posted.TryPostGathered(action, state, 0) : Engine.Posted.TryPost(action, state, 0);

    private ValueTask<int> WhenReadableElsewhereAsync(CancellationToken token) => new(Loop.InvokeAsync(() => WhenReadableAsync(token).AsTask()));
}
