using System.Buffers;

namespace Dispatch;

/// <summary>
/// The old asynchronous interface (<c>io_setup(2)</c>, <c>io_submit(2)</c>, <c>io_getevents(2)</c>, <c>io_cancel(2)</c>, <c>io_destroy(2)</c>) on an event loop, for code that was written for it: the same records, and the
/// same results, negative errnos among them. Any thread.
/// </summary>
/// <remarks>
/// What differs from the kernel's: there is no limit on requests in flight, and so no EAGAIN; no request waits inside the submit (the kernel's reads of pipes and of cold buffered files do); a call that a file does not
/// support at all is reported by the event where the kernel would refuse the submit. A submit or cancel by another thread than the loop's waits until the loop has taken it, so the loop has to run. On
/// <see cref="KernelKind.LinuxAio"/> descriptors have to stay open until their events have come.
/// </remarks>
public sealed class AioContext : IAsyncDisposable
{
    private const int AtOnce = 64;
    private const int MostEnters = 64;

    private readonly LoopEngine engine;
    private readonly TaskCompletionSource drained;
    private readonly AioPolls polls = new();
    private readonly AioWaits waits;
    private volatile bool closed;
    private int inFlight;

    /// <summary>Initializes a new instance of the <see cref="AioContext"/> class: <c>io_setup(2)</c>. Any thread.</summary>
    /// <param name="loop">The loop that does the work. The context must be disposed before it.</param>
    public AioContext(EventLoop loop)
    {
        ArgumentNullException.ThrowIfNull(loop);
        Loop = loop;
        engine = loop.Engine;
        waits = new AioWaits(this);
        drained = new TaskCompletionSource(engine.Ring.OffLoop.CompletionOptions);
        Pool = new OperationPool<AioOperation>(engine, engine.Options.PoolLimit, e => new AioOperation(e, this));
    }

    /// <summary>Gets the loop that does the work.</summary>
    public EventLoop Loop { get; }

    /// <summary>Gets the number of requests in flight. Any thread, approximately.</summary>
    public int InFlight => Volatile.Read(ref inFlight);

    /// <summary>Gets the events that nobody has taken.</summary>
    internal AioEventQueue Events { get; } = new();

    /// <summary>Gets the idle operations.</summary>
    internal OperationPool<AioOperation> Pool { get; }

    /// <summary>Submits requests in order: <c>io_submit(2)</c>. It stops at the first one that cannot be taken. Any thread.</summary>
    /// <param name="blocks">The addresses of <see cref="AioControlBlock"/> records. The records may be reused when this returns; the memory that they name is lent until the events have come.</param>
    /// <returns>How many were taken; or, when the first one was not, a negative errno: −EINVAL, −EBADF, −EFAULT, −EOPNOTSUPP; −EINVAL also after the disposal.</returns>
    /// <exception cref="ObjectDisposedException">The loop has stopped.</exception>
    public int Submit(ReadOnlySpan<nint> blocks)
    {
        if (!engine.IsOwner)
        {
            return SubmitFromAbroad(blocks);
        }

        engine.VerifyOpen();
        return SubmitHere(blocks);
    }

    /// <summary>
    /// Takes events, oldest first: <c>io_getevents(2)</c>. Sleeps until there are enough of them, or the time is over. Any thread, but to wait on the loop's own thread would wait for itself: there it takes what is there, or
    /// throws; <see cref="GetEventsAsync"/> waits there.
    /// </summary>
    /// <param name="minimum">How many to wait for; 0 does not wait.</param>
    /// <param name="events">Where they go.</param>
    /// <param name="timeout">The longest wait; null for no limit.</param>
    /// <returns>How many came, fewer than the minimum when the time is over; −EINVAL when the minimum is below 0 or above what there is room for, the time is negative, or the context was disposed and has no event left.</returns>
    /// <exception cref="InvalidOperationException">It would wait, on the loop's own thread.</exception>
    public int GetEvents(int minimum, Span<AioEvent> events, TimeSpan? timeout = null)
    {
        if (!IsSound(minimum, events.Length, ref timeout))
        {
            return -Errno.EINVAL;
        }

        if (Events.TryTake(minimum, events, out int result))
        {
            return result;
        }

        if (engine.IsOwner)
        {
            throw new InvalidOperationException($"GetEvents would wait on {Loop.Name}, which has to bring the events. Await GetEventsAsync there, or ask for a minimum of 0.");
        }

        return Events.Wait(minimum, events, timeout);
    }

    /// <summary>Takes events, oldest first, and awaits them until there are enough or the time is over. On the loop's thread nothing is allocated in the steady state. Any thread.</summary>
    /// <param name="minimum">How many to wait for.</param>
    /// <param name="events">Where they go; the caller's again when the await ends.</param>
    /// <param name="timeout">The longest wait; null for no limit.</param>
    /// <param name="cancellationToken">Ends the wait; no event is lost by it.</param>
    /// <returns>As <see cref="GetEvents"/>.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<int> GetEventsAsync(int minimum, Memory<AioEvent> events, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        if (!IsSound(minimum, events.Length, ref timeout))
        {
            return new ValueTask<int>(-Errno.EINVAL);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        if (Events.TryTake(minimum, events.Span, out int result))
        {
            return new ValueTask<int>(result);
        }

        return engine.IsOwner ? WaitHere(minimum, events, timeout, cancellationToken) : new ValueTask<int>(WaitFromAbroadAsync(minimum, events, timeout, cancellationToken));
    }

    /// <summary>Cancels a request: <c>io_cancel(2)</c>. As with the kernel's, only polls can be: theirs is an event with a result of 0. Any thread.</summary>
    /// <param name="block">The address of its control block.</param>
    /// <returns>−EINPROGRESS when the event is on its way; −EINVAL when there is no such poll; −EFAULT when there is no control block.</returns>
    /// <exception cref="ObjectDisposedException">The loop has stopped.</exception>
    public int Cancel(nint block)
    {
        if (!engine.IsOwner)
        {
            return CancelFromAbroad(block);
        }

        engine.VerifyOpen();
        return CancelHere(block);
    }

    /// <summary>Ends the context: <c>io_destroy(2)</c>. Cancels the polls and waits for everything else in flight; then no memory is lent any more. Any thread.</summary>
    /// <returns>A task that ends when nothing is in flight.</returns>
    public ValueTask DisposeAsync()
    {
        if (engine.IsOwner)
        {
            Close();
        }
        else if (!engine.Posted.TryPost(static (s, _) => ((AioContext)s!).Close(), this, 0))
        {
            Close(); // The loop has ended, and everything in flight with it.
        }

        return new ValueTask(drained.Task);
    }

    /// <summary>A request has ended. Owner only.</summary>
    internal void OnEnded(in AioEvent ended)
    {
        inFlight--;
        Events.Put(ended);
        waits.Serve(Events);
        EndIfDrained();
    }

    /// <summary>A poll has ended, and cannot be cancelled any more. Owner only.</summary>
    internal void Forget(AioOperation poll) => polls.Remove(poll);

    /// <summary>Somebody does not wait any more. Owner only.</summary>
    internal void StopWaiting(AioWait wait) => waits.Remove(wait);

    /// <summary>Keeps a wait for the next one. Elsewhere than on the owner it is left to the collector.</summary>
    internal void ReturnFromAnyThread(AioWait wait)
    {
        if (engine.IsOwner)
        {
            waits.Return(wait);
        }
    }

    private static bool IsSound(int minimum, int room, ref TimeSpan? timeout)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            timeout = null;
        }

        return minimum >= 0 && minimum <= room && !(timeout < TimeSpan.Zero);
    }

    private unsafe int SubmitHere(ReadOnlySpan<nint> blocks)
    {
        int taken = 0;
        int error = closed ? -Errno.EINVAL : 0;
        AioControlBlock* copies = stackalloc AioControlBlock[AtOnce];
        while (error == 0 && taken < blocks.Length)
        {
            ReadOnlySpan<nint> some = blocks.Slice(taken, Math.Min(AtOnce, blocks.Length - taken));
            int readable = UserMemory.ReadEach(copies, some, sizeof(AioControlBlock));
            error = readable < some.Length ? -Errno.EFAULT : 0;
            for (int i = 0; i < readable; i++)
            {
                int refused = Begin(copies[i], some[i]);
                if (refused < 0)
                {
                    error = refused;
                    break;
                }

                taken++;
            }
        }

        SubmitStaged();
        return taken != 0 ? taken : error;
    }

    private unsafe int Begin(in AioControlBlock block, nint address)
    {
        int error = AioCheck.Prepare(block, (ulong)address, out AioPrepared prepared);
        if (error < 0)
        {
            return error;
        }

        uint key = 0;
        if (block.Key != 0 && !UserMemory.TryWrite((ulong)address + sizeof(ulong), &key, sizeof(uint)))
        {
            if (prepared.EventDescriptor >= 0)
            {
                _ = SystemCall.Run(SystemCall.CloseDescriptor, prepared.EventDescriptor);
            }

            return -Errno.EFAULT;
        }

        AioOperation operation = Pool.Rent();
        operation.Begin(prepared);
        inFlight++;
        if (operation.Opcode == Opcode.PollAdd)
        {
            polls.Add(operation);
        }

        return 0;
    }

    /// <summary>From here on the kernel holds the files. One that asks to reap first is offered the rest by the loop's next turn.</summary>
    private void SubmitStaged()
    {
        for (int enters = 0; enters < MostEnters && engine.Submissions.HasStaged; enters++)
        {
            if (engine.Enter(0, -1) < 0)
            {
                return;
            }
        }
    }

    private unsafe int CancelHere(nint block)
    {
        if (closed)
        {
            return -Errno.EINVAL;
        }

        AioControlBlock copy;
        if (!UserMemory.TryRead(&copy, (ulong)block, sizeof(AioControlBlock)))
        {
            return -Errno.EFAULT;
        }

        if (copy.Key != 0 || !polls.TryCancel(block))
        {
            return -Errno.EINVAL;
        }

        SubmitStaged();
        return -Errno.EINPROGRESS;
    }

    private ValueTask<int> WaitHere(int minimum, Memory<AioEvent> events, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        engine.VerifyOpen();
        if (Events.TryTake(timeout == TimeSpan.Zero ? 0 : minimum, events.Span, out int result))
        {
            return new ValueTask<int>(result);
        }

        return waits.Add().Begin(minimum, events, timeout, cancellationToken);
    }

    // Methods of their own, because their closures would be allocated for callers on the owner too.
    private int SubmitFromAbroad(ReadOnlySpan<nint> blocks)
    {
        int count = blocks.Length;
        nint[] copy = ArrayPool<nint>.Shared.Rent(Math.Max(1, count));
        blocks.CopyTo(copy);
        int result = new AioCrossing(this, () => SubmitHere(copy.AsSpan(0, count))).Run();
        ArrayPool<nint>.Shared.Return(copy);
        return result;
    }

    private int CancelFromAbroad(nint block) => new AioCrossing(this, () => CancelHere(block)).Run();

    private Task<int> WaitFromAbroadAsync(int minimum, Memory<AioEvent> events, TimeSpan? timeout, CancellationToken cancellationToken) =>
        Loop.InvokeAsync(() => WaitHere(minimum, events, timeout, cancellationToken).AsTask());

    private void Close()
    {
        if (!closed)
        {
            closed = true;
            polls.CancelAll();
        }

        EndIfDrained();
    }

    private void EndIfDrained()
    {
        if (closed && inFlight == 0 && drained.TrySetResult())
        {
            Events.Close();
            waits.Serve(Events);
        }
    }
}
