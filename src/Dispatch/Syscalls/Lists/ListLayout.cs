namespace Dispatch;

/// <summary>How a list's requests are linked: finds its chains and refuses what has no meaning, before anything is submitted.</summary>
internal static class ListLayout
{
    /// <summary>Finds the chains. Throws what is to be said about the list.</summary>
    /// <param name="requests">The requests.</param>
    /// <param name="chainOf">For each entry the number of its chain, or −1.</param>
    public static ListChain[] Find(ReadOnlySpan<IoRequest> requests, Span<int> chainOf)
    {
        List<ListChain> chains = [];
        for (int i = 0; i < requests.Length;)
        {
            int end = i;
            while (end < requests.Length && requests[end].IsLinked)
            {
                end++;
            }

            if (end == requests.Length && end != i)
            {
                throw new InvalidOperationException(
                    $"The last request of the list, {requests[^1].Name}, is linked to a next one that the list does not have. A chain cannot go on in another list: add the rest of it here, or leave the last link out.");
            }

            end = Math.Min(end + 1, requests.Length);
            if (requests[i].IsChained)
            {
                ListChain chain = Examine(requests, i, end - i);
                chainOf[i..end].Fill(chains.Count);
                chains.Add(chain);
            }
            else
            {
                chainOf[i] = -1;
            }

            i = end;
        }

        return [.. chains];
    }

    /// <summary>Refuses, when it is added, a request that no list can have.</summary>
    public static void VerifyOne(in IoRequest request)
    {
        if (request.IsMultishot)
        {
            throw new ArgumentException($"{request.Name} completes many times, and an entry of a list ends once. Observe such a request, or submit it raw.", nameof(request));
        }

        if (request.DeadlineNanoseconds != 0)
        {
            throw new ArgumentException("A deadline belongs to an awaited request. In a list, link the request to an IoRequest.LinkTimeout.", nameof(request));
        }

        if (request.UsesChainFile && request.Entry.Opcode is Opcode.Statx or Opcode.Openat or Opcode.Openat2 or Opcode.Unlinkat or Opcode.Renameat or Opcode.Mkdirat or Opcode.Symlinkat or Opcode.Linkat or Opcode.Close or Opcode.EpollCtl or Opcode.AsyncCancel)
        {
            throw new ArgumentException($"{request.Name} does not work on the chain's file: the kernel takes a descriptor number there, which that file has not.", nameof(request));
        }
    }

    private static ListChain Examine(ReadOnlySpan<IoRequest> requests, int start, int length)
    {
        ListChain chain = new() { Start = start, Length = length, Opener = -1, Closer = -1, Slot = -1 };
        for (int i = start; i < start + length; i++)
        {
            ref readonly IoRequest request = ref requests[i];
            if (request.IsCall)
            {
                throw new InvalidOperationException($"Entry {i} of the list, {request.Name}, is a step of a chain, and the kernel's chains have no system calls that a worker makes. Make it a step of a Chain (Then), which begins the next step on the loop's thread.");
            }

            if (request.Entry.Opcode == Opcode.LinkTimeout && (i == start || requests[i - 1].Entry.Opcode == Opcode.LinkTimeout))
            {
                throw new InvalidOperationException($"Entry {i} of the list is a linked timeout with no request before it that it could limit. Put it directly behind that one, which has to be linked to it (Link).");
            }

            if ((request.UsesChainFile || request.ClosesChainFile) && chain.Opener < 0)
            {
                throw new InvalidOperationException($"Entry {i} of the list, {request.Name}, is about the chain's file, which no step before it in its chain opens. Open it there by a request with AsChainFile(), linked up to here.");
            }

            if (request.OpensChainFile)
            {
                chain.Opener = chain.Opener < 0 ? i : throw new InvalidOperationException($"Entry {i} of the list opens a second file for its chain, and a chain has one. Make it a chain of its own.");
            }
            else if (request.ClosesChainFile)
            {
                chain.Closer = i;
            }
        }

        return chain;
    }
}
