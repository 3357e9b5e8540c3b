using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Dispatch;

/// <summary>
/// A read that another thread than the owner's has asked for, or one whose result is not for the owner's thread: it travels to the owner through the inbox. One object serves all of a reader's, so that none of them allocates.
/// </summary>
internal sealed class ForeignRead(ConnectionInput input) : IValueTaskSource<ReadResult>
{
    private static readonly InboxAction Start = static (s, _) => ((ForeignRead)s!).StartOnOwner();
    private static readonly Action<object?> Finished = static s => ((ForeignRead)s!).Finish();

    private readonly ConnectionInput input = input;
    private ManualResetValueTaskSourceCore<ReadResult> core;
    private ValueTask<ReadResult> reading;
    private CancellationToken token;
    private ReadResumption resumption;
    private int least;
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
