namespace Dispatch;

/// <summary>
/// Which files have had the followed name, one after the other: told by the directory's events alone, so that a rotation that is faster than we look is followed too. A file that was created under the name and renamed before
/// it could be opened is opened by the name that it has now. Owner thread only.
/// </summary>
internal sealed class TailRotation(string name)
{
    private readonly List<TailFile> waiting = [];

    /// <summary>Gets the file that is read now, or null before there is one.</summary>
    public TailFile? Current { get; private set; }

    /// <summary>Gets the files that come after it, in order; those at the front are open.</summary>
    public IReadOnlyList<TailFile> Waiting => waiting;

    /// <summary>Gets how many files have come after the first.</summary>
    public long Rotations { get; private set; }

    /// <summary>Gets how many files were gone before they could be opened.</summary>
    public long Missed { get; private set; }

    /// <summary>Gets a value indicating whether the directory is gone, or is called differently now.</summary>
    public bool IsDirectoryGone { get; private set; }

    /// <summary>Sets the file that is there at the beginning.</summary>
    public void Begin(TailFile first) => Current = first;

    /// <summary>Adds the file that has the name now: nobody knows what has happened before.</summary>
    public void Look() => waiting.Add(new TailFile { Name = name });

    /// <summary>Takes an event of the directory.</summary>
    public void Take(in InotifyEvent change)
    {
        if (change.Is(InotifyAbi.IN_Q_OVERFLOW))
        {
            Look();
        }
        else if (change.Is(InotifyAbi.IN_DELETE_SELF | InotifyAbi.IN_MOVE_SELF | InotifyAbi.IN_UNMOUNT | InotifyAbi.IN_IGNORED))
        {
            IsDirectoryGone = true;
        }
        else if (change.Is(InotifyAbi.IN_MOVED_FROM))
        {
            OnMovedFrom(change);
        }
        else if (change.Is(InotifyAbi.IN_MOVED_TO))
        {
            OnMovedTo(change);
        }
        else if (change.Is(InotifyAbi.IN_DELETE))
        {
            Unname(change.Name);
        }
        else if (change.Is(InotifyAbi.IN_CREATE) && change.Name == name)
        {
            Look();
        }
    }

    /// <summary>The file after the current one is none: it is the same.</summary>
    public void Discard(TailFile file) => waiting.Remove(file);

    /// <summary>A file cannot be opened any more.</summary>
    public void Miss(TailFile file)
    {
        waiting.Remove(file);
        Missed++;
    }

    /// <summary>Goes on to the next file. Returns the former.</summary>
    public TailFile? Switch()
    {
        TailFile? former = Current;
        Current = waiting[0];
        waiting.RemoveAt(0);
        Rotations += former is null ? 0 : 1;
        return former;
    }

    private void OnMovedFrom(in InotifyEvent change)
    {
        foreach (TailFile file in waiting)
        {
            if (file.File is null && file.Name == change.Name)
            {
                file.Name = null;
                file.MovingCookie = change.Cookie;
            }
        }
    }

    private void OnMovedTo(in InotifyEvent change)
    {
        Unname(change.Name); // What had the name before was replaced.
        bool isKnown = false;
        foreach (TailFile file in waiting)
        {
            if (file.MovingCookie != 0 && file.MovingCookie == change.Cookie)
            {
                file.Name = change.Name;
                file.MovingCookie = 0;
                isKnown = true;
            }
        }

        if (change.Name == name && !isKnown)
        {
            Look();
        }
    }

    private void Unname(string? lost)
    {
        foreach (TailFile file in waiting)
        {
            if (file.File is null && file.Name == lost)
            {
                file.Name = null;
            }
        }
    }
}
