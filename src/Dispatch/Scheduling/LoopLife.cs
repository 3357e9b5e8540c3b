namespace Dispatch;

/// <summary>
/// The life of a loop: whose thread it is, how it stops, and what happens when its thread has ended without stopping it.
/// </summary>
internal sealed class LoopLife(EventLoop loop, bool attached)
{
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(5);
    private readonly TaskCompletionSource completed = new(loop.Engine.Ring.OffLoop.CompletionOptions);
    private Thread? thread;
    private Exception? cause;
    private int stopping;
    private int ended;

    /// <summary>Gets the task that ends with the loop.</summary>
    public Task Completed => completed.Task;

    /// <summary>Gets a value indicating whether the loop is to stop.</summary>
    public bool IsStopping => Volatile.Read(ref stopping) != 0;

    /// <summary>Gets or sets how long the end of the loop waits for terminal completions after it has cancelled everything.</summary>
    public TimeSpan Grace { get; set; } = DefaultGrace;

    /// <summary>Gets what would not end, once the loop has stopped.</summary>
    public IReadOnlyList<string> Unfinished { get; private set; } = [];

    /// <summary>Starts a loop on a thread of its own and waits until its ring is set up. Throws what the set-up threw.</summary>
    public static EventLoop Start(EventLoopOptions options, CpuSet? cpus)
    {
        using ManualResetEventSlim ready = new();
        EventLoop? loop = null;
        Exception? failure = null;
        Thread owner = new(() =>
        {
            try
            {
                if (cpus is { } set)
                {
                    ThreadAffinity.Apply(set);
                }

                loop = new EventLoop(options, attached: false);
                loop.Life.ClaimThread();
            }
            catch (Exception e)
            {
                failure = e; // It belongs to the creator, who waits below.
                ready.Set();
                return;
            }

            ready.Set();
            loop.Life.RunToEnd();
        })
        {
            IsBackground = true,
            Name = options.Name,
        };
        try
        {
            owner.UnsafeStart(); // Nothing of the creator's execution context is to be seen in every callback of the loop.
        }
        catch (OutOfMemoryException) when (DescriptorShortage.Probe() is not 0 and int errno)
        {
            throw KernelUnavailableException.FromErrno($"Starting the thread of {options.Name}", errno, KernelUnavailableException.NoLimit);
        }

        ready.Wait();
        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }

        return loop!;
    }

    /// <summary>Makes the calling thread the owner.</summary>
    public void ClaimThread()
    {
        thread = Thread.CurrentThread;
        LoopThread.Claim(loop.Engine);
        loop.Engine.Watch?.ThreadNumber = SystemCall.Run(SystemCall.ThreadNumber);
        LoopRegistry.Add(loop);
        if (attached)
        {
            OwnerSentinel.Place(this);
        }
    }

    /// <summary>Throws when the loop has a thread of its own.</summary>
    public void VerifyAttached()
    {
        if (!attached)
        {
            throw new InvalidOperationException($"{loop.Name} runs on its dispatcher's thread already; Run and Park are for loops made with EventLoop.Attach.");
        }
    }

    /// <summary>One poll that found work, and the end of the loop if it was asked for.</summary>
    public int Poll()
    {
        int done = LoopRunner.Poll(loop.Engine);
        if (IsStopping)
        {
            End();
        }

        return done;
    }

    /// <summary>Drives an attached loop until the token is cancelled, or to its end if that was asked for.</summary>
    public void Run(CancellationToken token)
    {
        LoopRunner.Run(loop.Engine, token);
        if (IsStopping)
        {
            End();
        }
    }

    /// <summary>Asks the loop to stop. Any thread.</summary>
    public void RequestStop(Exception? reason)
    {
        Interlocked.CompareExchange(ref cause, reason, null);
        Interlocked.Exchange(ref stopping, 1);
        loop.Engine.Posted.TryPost(static (_, _) => { }, null, 0);
    }

    /// <summary>Stops it, by the owner; or, when the owner's thread is gone, for it.</summary>
    public void Dispose()
    {
        if (Volatile.Read(ref ended) != 0)
        {
            if (!loop.Engine.IsOwner)
            {
                // Another thread is at it: what was lent to the kernel is the caller's again only when that one is done.
                Task.WaitAny(completed.Task);
            }

            return;
        }

        if (!attached)
        {
            throw new InvalidOperationException($"{loop.Name} belongs to its dispatcher; dispose that (DisposeAsync).");
        }

        if (loop.Engine.IsOwner)
        {
            if (loop.Engine.Scope.IsActive)
            {
                throw new InvalidOperationException("A loop cannot be disposed inside its own turn. Ask it to stop, and dispose it after Poll or Run has returned.");
            }

            End();
        }
        else if (thread!.IsAlive)
        {
            loop.Engine.VerifyOwner();
        }
        else
        {
            EndForDeadOwner();
        }
    }

    /// <summary>Stops it from any thread.</summary>
    public ValueTask DisposeAsync()
    {
        // Inside a turn the loop can only be asked to stop: it ends when the turn has returned.
        if (attached && (loop.Engine.IsOwner ? !loop.Engine.Scope.IsActive : !thread!.IsAlive))
        {
            if (Volatile.Read(ref ended) == 0)
            {
                Dispose();
            }

            // Not complete only when another thread is at it.
            return completed.Task.IsCompleted ? ValueTask.CompletedTask : new ValueTask(completed.Task);
        }

        RequestStop(null);
        return new ValueTask(completed.Task);
    }

    /// <summary>Ends a loop whose thread is lent to it for one step: see <see cref="LoopStepper"/>.</summary>
    public void EndStepped() => End();

    /// <summary>Called by the sentinel: the owner's thread has ended without disposing the loop.</summary>
    public void OnOwnerGone() => ThreadPool.UnsafeQueueUserWorkItem(static life => life.EndForDeadOwner(), this, preferLocal: false);

    private void RunToEnd()
    {
        try
        {
            LoopRunner.Run(loop.Engine, CancellationToken.None);
        }
        catch (Exception e)
        {
            // Not user code: that is caught where it runs. The ring itself failed.
            cause ??= e;
        }

        End();
    }

    private void End()
    {
        if (Interlocked.Exchange(ref ended, 1) != 0)
        {
            return;
        }

        Interlocked.Exchange(ref stopping, 1);
        Unfinished = LoopShutdown.Run(loop.Engine, Grace);
        cause ??= loop.Engine.RingFailure;
        LoopThread.Release();
        OwnerSentinel.Remove();
        Finish();
    }

    private void EndForDeadOwner()
    {
        if (Interlocked.Exchange(ref ended, 1) != 0)
        {
            Task.WaitAny(completed.Task);
            return;
        }

        Interlocked.Exchange(ref stopping, 1);
        Unfinished = LoopShutdown.RunForDeadOwner(loop.Engine, Grace);
        Finish();
    }

    private void Finish()
    {
        LoopRegistry.Remove(loop);
        if (cause is null)
        {
            completed.TrySetResult();
        }
        else
        {
            completed.TrySetException(cause);
        }
    }
}
