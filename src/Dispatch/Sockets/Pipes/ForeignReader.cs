using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// A connection's input as another thread than the owner's reads it, or for somebody whose result is not for the owner's thread: reads and advances travel to the owner through the inbox. One object serves all reads, so that none
/// of them allocates.
/// </summary>
internal sealed class ForeignReader(ConnectionInput input) : IValueTaskSource<ReadResult>
{
    private static readonly InboxAction Start = static (s, _) => ((ForeignReader)s!).StartOnOwner();
    private static readonly InboxAction Advanced = static (s, _) => ((ForeignReader)s!).AdvanceOnOwner();
    private static readonly Action<object?> Finished = static s => ((ForeignReader)s!).Finish();

    private readonly ConnectionInput input = input;
    private ManualResetValueTaskSourceCore<ReadResult> core;
    private ValueTask<ReadResult> reading;
    private CancellationToken token;
    private ReadResumption resumption;
    private int least;
    private long consumed;
    private long examined;
    private bool isBusy;
    private bool wantsContext;

    /// <summary>Begins a read. Any thread, one read at a time.</summary>
    /// <param name="least">How many bytes are wanted at the least, or 0.</param>
    /// <param name="resumption">Where its caller goes on.</param>
    /// <param name="token">Cancels it.</param>
    /// <returns>The read.</returns>
    public ValueTask<ReadResult> Begin(int least, ReadResumption resumption, CancellationToken token)
    {
        if (Interlocked.Exchange(ref isBusy, true))
        {
            throw ConnectionInput.ReadsAlready();
        }

        core.Reset();
        core.RunContinuationsAsynchronously = resumption != ReadResumption.Owner;
        this.least = least;
        this.token = token;
        this.resumption = resumption;
        if (resumption != ReadResumption.Owner)
        {
            Send();
        }

        return new(this, core.Version);
    }

    /// <summary>Takes what there is, and blocks until the owner has looked. A thread that owns no loop.</summary>
    public bool TryRead(out ReadResult result)
    {
        EventLoop owner = input.Connection.Loop;
        if (EventLoop.Current is { } other)
        {
            throw new InvalidOperationException($"TryRead on a connection of {owner.Name} would block {other.Name}. Use ReadAsync, or move the connection.");
        }

        (bool found, result) = owner.InvokeAsync(() => Task.FromResult((input.TryRead(out ReadResult read), read))).GetAwaiter().GetResult();
        return found;
    }

    /// <summary>Advances. The thread that reads; whatever it does next travels behind this message.</summary>
    public void Advance(long upTo, long seen)
    {
        consumed = upTo;
        examined = seen;
        input.Connection.TryPostFromElsewhere(Advanced, this);
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        if (resumption == ReadResumption.Pool)
        {
            flags &= ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext;
        }

        core.OnCompleted(continuation, state, token, flags);
        if (resumption == ReadResumption.Owner)
        {
            // Only now: were the read over before its caller waits, the caller would go on where it is, and whether it came home would be luck.
            wantsContext = (flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0;
            Send();
        }
    }

    /// <inheritdoc/>
    public ReadResult GetResult(short token)
    {
        if (core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The read has not completed. Await it: its result cannot be waited for by blocking; call AsTask() for that.");
        }

        try
        {
            return core.GetResult(token);
        }
        finally
        {
            Volatile.Write(ref isBusy, false);
        }
    }

    private void Send()
    {
        if (!input.Connection.TryPostFromElsewhere(Start, this))
        {
            // Never in the stack of the one who waits: it is still about to do so.
            ThreadPool.UnsafeQueueUserWorkItem(
                static s => s.core.SetException(s.input.Told(new ObjectDisposedException(s.input.Engine.Loop.Name, $"{s.input.Engine.Loop.Name} has stopped, and its connections with it."))),
                this,
                preferLocal: false);
        }
    }

    private void AdvanceOnOwner()
    {
        if (input.Engine.IsOwner)
        {
            input.Advance(consumed, examined);
        }
    }

    private void StartOnOwner()
    {
        if (!input.Engine.IsOwner)
        {
            Send(); // The connection has moved meanwhile.
            return;
        }

        try
        {
            Follow(input.Read(least, token));
        }
        catch (Exception e)
        {
            Fail(input.Told(e)); // Closed, or read by somebody else: that is for whoever reads.
        }
    }

    private void Follow(ValueTask<ReadResult> begun)
    {
        reading = begun;
        if (begun.IsCompleted)
        {
            Finish();
        }
        else
        {
            input.OnCompleted(Finished, this, input.Core.Version, ValueTaskSourceOnCompletedFlags.UseSchedulingContext);
        }
    }

    private void Finish()
    {
        // Taken out first: what runs when the result is told may begin the next read.
        ValueTask<ReadResult> ended = reading;
        reading = default;
        token = default;
        ReadResult result;
        try
        {
            result = ended.GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            Fail(e);
            return;
        }

        LeaveContext();
        core.SetResult(result);
    }

    private void Fail(Exception error)
    {
        LeaveContext();
        core.SetException(error);
    }

    private void LeaveContext()
    {
        if (resumption == ReadResumption.Owner && !wantsContext)
        {
            SynchronizationContext.SetSynchronizationContext(null); // With another one current than the default, the framework would send what follows to the pool. Who runs this here restores it.
        }
    }
}
