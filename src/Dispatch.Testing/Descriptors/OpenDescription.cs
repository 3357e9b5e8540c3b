namespace Dispatch.Testing;

/// <summary>
/// What a descriptor number stands for: an open file, socket, pipe end or counter. It lives as long as the number or a request in flight refers to it, as in a kernel: a socket closed under a receive sends no end of its
/// stream before the receive has ended.
/// </summary>
internal abstract class OpenDescription(SimulatedKernel kernel)
{
    private readonly List<IWaiter> waiters = [];
    private readonly List<IWaiter> woken = [];
    private int references = 1;

    /// <summary>Gets the kernel.</summary>
    public SimulatedKernel Kernel => kernel;

    /// <summary>Gets or sets the flags that it was opened with.</summary>
    public int Flags { get; set; }

    /// <summary>Gets what it is ready for now.</summary>
    public abstract PollEvents Readiness { get; }

    /// <summary>Gets what it is, in a word, for messages.</summary>
    public abstract string Kind { get; }

    /// <summary>Gets a value indicating whether nobody refers to it any more.</summary>
    public bool IsReleased => references == 0;

    /// <summary>Adds a reference.</summary>
    public void AddReference() => references++;

    /// <summary>Ends a reference; with the last one it is released.</summary>
    public void Release()
    {
        if (--references == 0)
        {
            OnReleased();
        }
    }

    /// <summary>Lets something wait, behind those that wait already.</summary>
    public void AddWaiter(IWaiter waiter) => waiters.Add(waiter);

    /// <summary>Takes it out of the line.</summary>
    public void RemoveWaiter(IWaiter waiter) => waiters.Remove(waiter);

    /// <summary>Something changed: those that wait for it look again, in order.</summary>
    public void Notify(PollEvents events)
    {
        if (waiters.Count == 0)
        {
            return;
        }

        events |= Readiness & (PollEvents.Error | PollEvents.HangUp);
        int kept = 0;
        int begin = woken.Count;
        for (int i = 0; i < waiters.Count; i++)
        {
            IWaiter waiter = waiters[i];
            if ((waiter.Interest & events) != 0 || (events & (PollEvents.Error | PollEvents.HangUp)) != 0)
            {
                woken.Add(waiter);
            }
            else
            {
                waiters[kept++] = waiter;
            }
        }

        waiters.RemoveRange(kept, waiters.Count - kept);
        int end = woken.Count;
        for (int i = begin; i < end; i++)
        {
            woken[i].OnReady();
        }

        woken.RemoveRange(begin, end - begin);
    }

    /// <summary>Reads. Returns a negative errno, or <see cref="Outcome.WouldBlock"/>.</summary>
    public virtual int Read(Span<byte> destination, long offset, uint flags) => -Errno.EINVAL;

    /// <summary>Writes. Returns a negative errno, or <see cref="Outcome.WouldBlock"/>.</summary>
    public virtual int Write(ReadOnlySpan<byte> source, long offset, uint flags) => -Errno.EINVAL;

    /// <summary>Nobody refers to it any more.</summary>
    protected abstract void OnReleased();
}
