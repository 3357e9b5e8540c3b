namespace Dispatch;

/// <summary>The requests of a list and how they are linked, which is looked at once and not for each run. Not for two threads at a time.</summary>
internal sealed class ListRequests
{
    private IoRequest[] requests = [];
    private ListChain[] chains = [];
    private int[] chainOf = [];
    private bool isKnown;

    /// <summary>Gets how many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Gets a value indicating whether any are linked; once it was verified.</summary>
    public bool HasChains => chains.Length != 0;

    /// <summary>Gets the chains; once it was verified.</summary>
    public ListChain[] Chains => chains;

    /// <summary>Gets a request, in place.</summary>
    public ref readonly IoRequest this[int index] => ref requests[index];

    /// <summary>Adds one.</summary>
    public void Add(in IoRequest request)
    {
        ListLayout.VerifyOne(request);
        if (Count == RequestList.MaxCount)
        {
            throw new InvalidOperationException($"The list is full: it takes {RequestList.MaxCount} requests. Make several lists, which one loop runs side by side.");
        }

        if (Count == requests.Length)
        {
            Array.Resize(ref requests, Math.Max(4, Count * 2));
        }

        requests[Count++] = request;
        isKnown = false;
    }

    /// <summary>Puts another one in the place of one.</summary>
    public void Replace(int index, in IoRequest request)
    {
        ListLayout.VerifyOne(request);
        isKnown &= !requests[index].IsChained && !request.IsChained; // How the others are linked does not change by it.
        requests[index] = request;
    }

    /// <summary>Forgets them all.</summary>
    public void Clear()
    {
        Array.Clear(requests, 0, Count);
        Count = 0;
        isKnown = false;
    }

    /// <summary>Which chain an entry belongs to, or −1.</summary>
    public int ChainOf(int index) => chainOf[index];

    /// <summary>Throws when they cannot be submitted to this loop, and says why.</summary>
    public void Verify(LoopEngine engine)
    {
        if (Count == 0)
        {
            throw new InvalidOperationException("The list is empty: there is nothing to submit, and nothing that would ever end. Add requests first.");
        }

        if (!isKnown)
        {
            if (chainOf.Length < Count)
            {
                chainOf = new int[requests.Length];
            }

            chains = ListLayout.Find(requests.AsSpan(0, Count), chainOf);
            isKnown = true;
        }

        foreach (ref readonly ListChain chain in chains.AsSpan())
        {
            if (chain.Length > engine.Ring.Submissions.Capacity)
            {
                throw new InvalidOperationException(
                    $"A chain of {chain.Length} requests, from entry {chain.Start} on, is longer than the submission queue of {engine.Loop.Name} ({engine.Ring.Submissions.Capacity}), and a chain has to go to the kernel as a whole. Raise EventLoopOptions.SubmissionEntries, or cut the chain.");
            }
        }
    }
}
