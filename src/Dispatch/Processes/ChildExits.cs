namespace Dispatch;

/// <summary>The end of a <see cref="ChildProcess"/>: one poll of its pidfd, however many wait, and the status that it left. Owner thread only.</summary>
internal sealed class ChildExits(ChildProcess child, bool reaps) : PumpedStream<ChildExit>(child.Engine, 1, StreamOverflow.Pause)
{
    private readonly List<TaskCompletionSource<ChildExit>> waiting = [];
    private Task? watching;
    private ChildExit? known;

    /// <summary>Waits for the end.</summary>
    public Task<ChildExit> WaitAsync(CancellationToken token)
    {
        if (known is { } exit)
        {
            return Task.FromResult(exit);
        }

        ObjectDisposedException.ThrowIf(child.IsClosed, child);
        TaskCompletionSource<ChildExit> waiter = new(Engine.Ring.OffLoop.CompletionOptions);
        waiting.Add(waiter);
        watching ??= WatchAsync();
        return waiter.Task.WaitAsync(token);
    }

    /// <summary>The handle closes.</summary>
    public void Close()
    {
        DropUnread();
        End(null);
    }

    /// <inheritdoc/>
    private protected override void Prepare()
    {
        base.Prepare();
        if (IsEnded && known is { } exit)
        {
            Repeat(exit); // A process ends once, and whoever comes later is told, too.
        }
    }

    /// <inheritdoc/>
    private protected override async Task PumpAsync()
    {
        watching ??= WatchAsync();
        await watching;
        if (known is { } exit)
        {
            Bring(exit);
        }
    }

    private async Task WatchAsync()
    {
        try
        {
            known = await ReadAsync();
            waiting.ForEach(w => w.TrySetResult(known.Value));
        }
        catch (Exception e)
        {
            waiting.ForEach(w => w.TrySetException(e));
            throw;
        }
        finally
        {
            waiting.Clear();
        }
    }

    private async Task<ChildExit> ReadAsync()
    {
        if (child.OwnedDescriptor.Number >= 0)
        {
            Completion ready = await Loop.CompleteAsync(IoRequest.Poll(child, PollEvents.Readable));
            if (ready.Result < 0)
            {
                throw child.IsClosed || Engine.IsClosed
                    ? new ObjectDisposedException(nameof(ChildProcess), "The handle was closed, or its loop has ended, before the process did.")
                    : OpcodeNames.Explain(Opcode.PollAdd, ready.Result, null, default);
            }

            long status = Engine.Ring.Calls.WaitProcess(child.OwnedDescriptor.Number, reaps);
            if (status >= 0 || child.Process is null)
            {
                return ChildExit.FromStatus(child.Id, status);
            }
        }

        // .NET has reaped it, and the kernel does not say more. Its code stands for a signal from 128 on; it cannot be told from a program's own.
        await child.Process!.WaitForExitAsync();
        return new ChildExit(child.Id, child.Process.ExitCode, null, false);
    }
}
