using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// A descriptor that belongs to one loop, with a count of the requests that use it. The number is closed only when the count is zero: a request
/// still queued in user memory would otherwise hit whatever file gets the number next. The count is plain, because only the owner touches it.
/// </summary>
internal sealed class OwnedDescriptor
{
    private readonly SafeHandle? adopted;
    private readonly KernelCalls calls = KernelCalls.Real;
    private int uses;
    private int requests;
    private bool closing;
    private Action? whenIdle;
    private int borrowers; // Workers, under the lock. The owner's count keeps the number open while the loop lives; this one keeps it open beyond.
    private bool closesOnReturn;

    /// <summary>Initializes a new instance of the <see cref="OwnedDescriptor"/> class over a number that it will close.</summary>
    public OwnedDescriptor(int number, KernelCalls? calls = null)
    {
        Number = number;
        this.calls = calls ?? KernelCalls.Real;
    }

    /// <summary>Initializes a new instance of the <see cref="OwnedDescriptor"/> class over a handle whose reference it holds until it is closed.</summary>
    public OwnedDescriptor(SafeHandle handle)
    {
        bool added = false;
        handle.DangerousAddRef(ref added);
        adopted = handle;
        Number = (int)handle.DangerousGetHandle();
    }

    /// <summary>Finalizes an instance of the <see cref="OwnedDescriptor"/> class.</summary>
    /// <remarks>A forgotten handle with nothing in flight is closed here; one with a request in flight is reachable from its operation.</remarks>
    ~OwnedDescriptor() => CloseNow();

    /// <summary>Gets the number, or −1 once it is closed.</summary>
    public int Number { get; private set; }

    /// <summary>Gets or sets what an error message names: the path of a file.</summary>
    public object? Subject { get; set; }

    /// <summary>Gets or sets a value indicating whether requests go to a device, past the page cache: they are not kept back until the turn ends.</summary>
    public bool IsDirect { get; set; }

    /// <summary>Gets or sets a value indicating whether its close waits for a peer (SO_LINGER): the kernel would let the loop wait, if the loop closed it.</summary>
    public bool ClosesSlowly { get; set; }

    /// <summary>Gets a value indicating whether no new request is accepted.</summary>
    public bool IsClosing => closing;

    /// <summary>Gets a value indicating whether somebody else closes the number.</summary>
    public bool IsAdopted => adopted is not null;

    /// <summary>Gets a value indicating whether requests are in flight or queued that a user made on the handle.</summary>
    public bool HasRequests => requests != 0;

    /// <summary>Counts a request in. Throws when the handle is being closed.</summary>
    public void AddUse()
    {
        ObjectDisposedException.ThrowIf(closing, this);
        uses++;
    }

    /// <summary>Counts a request in that a user made on the handle, and that the handle's own operations do not know.</summary>
    public void AddRequest()
    {
        AddUse();
        requests++;
    }

    /// <summary>Counts such a request out.</summary>
    public void ReleaseRequest()
    {
        requests--;
        ReleaseUse();
    }

    /// <summary>Counts in a request that finishes what was begun before the close: the rest of a short send, or a send in the queue.</summary>
    public void AddUseWhileClosing() => uses++;

    /// <summary>Counts a request out.</summary>
    public void ReleaseUse()
    {
        if (--uses == 0 && whenIdle is { } action)
        {
            whenIdle = null;
            action();
        }
    }

    /// <summary>Refuses new requests from now on. Returns false when somebody else had already begun.</summary>
    public bool TryBeginClose()
    {
        if (closing)
        {
            return false;
        }

        closing = true;
        return true;
    }

    /// <summary>Runs the action once no request uses the descriptor, at once if that is now.</summary>
    public void WhenIdle(Action action)
    {
        if (uses == 0)
        {
            action();
        }
        else
        {
            whenIdle += action;
        }
    }

    /// <summary>Gives the number away without closing it: the ring's close request will, or the adopted handle's owner.</summary>
    public int Detach()
    {
        GC.SuppressFinalize(this);
        closing = true;
        int number = Number;
        Number = -1;
        adopted?.DangerousRelease();
        return number;
    }

    /// <summary>Keeps the number from being closed while a worker uses it, whatever becomes of the loop. Owner only.</summary>
    public void Lend()
    {
        lock (this)
        {
            borrowers++;
        }
    }

    /// <summary>The worker is done with the number. Any thread.</summary>
    public void TakeBack()
    {
        bool close;
        lock (this)
        {
            close = --borrowers == 0 && closesOnReturn;
        }

        if (close)
        {
            CloseNow();
        }
    }

    /// <summary>Closes the number with a plain call: for paths on which the ring is gone.</summary>
    public void CloseNow()
    {
        lock (this)
        {
            closesOnReturn = borrowers != 0;
            if (closesOnReturn)
            {
                closing = true;
                return;
            }
        }

        GC.SuppressFinalize(this);
        closing = true;
        int number = Number;
        Number = -1;
        if (number < 0)
        {
            return;
        }

        if (adopted is not null)
        {
            adopted.DangerousRelease();
        }
        else
        {
            _ = calls.Close(number);
        }
    }
}
