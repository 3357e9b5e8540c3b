namespace Dispatch;

/// <summary>
/// The streams of one loop that somebody consumes. Not every one of them has a request in flight whose cancelling would tell its consumer that the loop ends: a paused one has none, nor has one of signals or messages.
/// Owner thread only.
/// </summary>
internal sealed class AttachedStreams
{
    private ILoopStream? first;

    /// <summary>Adds a stream, if it is not in.</summary>
    public void Add(ILoopStream stream)
    {
        if (stream.IsAttached)
        {
            return;
        }

        stream.IsAttached = true;
        stream.NextAttached = first;
        if (first is not null)
        {
            first.PreviousAttached = stream;
        }

        first = stream;
    }

    /// <summary>Takes a stream out, if it is in.</summary>
    public void Remove(ILoopStream stream)
    {
        if (!stream.IsAttached)
        {
            return;
        }

        stream.IsAttached = false;
        if (stream.PreviousAttached is { } previous)
        {
            previous.NextAttached = stream.NextAttached;
        }
        else
        {
            first = stream.NextAttached;
        }

        if (stream.NextAttached is { } next)
        {
            next.PreviousAttached = stream.PreviousAttached;
        }

        stream.NextAttached = null;
        stream.PreviousAttached = null;
    }

    /// <summary>Tells all of them that the loop ends.</summary>
    public void End()
    {
        while (first is { } stream)
        {
            Remove(stream);
            stream.OnLoopEnding();
        }
    }
}
