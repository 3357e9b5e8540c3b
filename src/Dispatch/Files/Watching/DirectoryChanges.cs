namespace Dispatch;

/// <summary>The stream of a <see cref="DirectoryWatcher"/>: a poll by the ring, then as many events as there are and as there is room for. Owner thread only.</summary>
internal sealed class DirectoryChanges(DirectoryWatcher watcher, StreamOptions options) : PumpedStream<FileChange>(watcher.Engine, options.Capacity, options.Overflow)
{
    /// <summary>How many events are brought before others have their turn: a consumer that makes changes itself never comes to their end.</summary>
    private const int Burst = 256;

    /// <summary>How long the second half of a move may be on its way before it is taken for a move to elsewhere.</summary>
    private static readonly TimeSpan SecondHalf = TimeSpan.FromMilliseconds(2);

    private readonly InotifyQueue queue = new(watcher.Engine, watcher.OwnedDescriptor.Number);
    private InotifyEvent moved;
    private int burst;
    private bool hasMoved;
    private bool hasWaited;

    /// <summary>The watcher closes: nothing more comes.</summary>
    public void Close()
    {
        DropUnread();
        End(null);
    }

    /// <inheritdoc/>
    private protected override async Task PumpAsync()
    {
        while (!IsEnded)
        {
            if (!HasRoom)
            {
                await RoomAsync();
                continue;
            }

            if (burst == Burst)
            {
                burst = 0;
                await Loop.DelayAsync(TimeSpan.Zero);
                continue;
            }

            if (!watcher.IsClosed && queue.TryTake(out InotifyEvent next))
            {
                burst++;
                if (!Take(next))
                {
                    return;
                }

                continue;
            }

            if (hasMoved && !hasWaited)
            {
                // The kernel queues the two halves one after the other, and we may have looked between.
                hasWaited = true;
                await Loop.DelayAsync(SecondHalf);
                continue;
            }

            if (hasMoved)
            {
                hasMoved = false;
                Bring(new FileChange(FileChangeKind.Moved, null, moved.Name, moved.Is(InotifyAbi.IN_ISDIR)));
                continue;
            }

            burst = 0;
            Completion ready = await Loop.CompleteAsync(IoRequest.Poll(watcher, PollEvents.Readable));
            if (ready.Result < 0)
            {
                if (!watcher.IsClosed && !Engine.IsClosed)
                {
                    throw OpcodeNames.Explain(Opcode.PollAdd, ready.Result, watcher.Path, default);
                }

                return;
            }
        }
    }

    private static FileChangeKind KindOf(uint mask) => (mask & ~InotifyAbi.IN_ISDIR) switch
    {
        InotifyAbi.IN_CREATE => FileChangeKind.Created,
        InotifyAbi.IN_DELETE => FileChangeKind.Deleted,
        InotifyAbi.IN_MODIFY => FileChangeKind.Modified,
        InotifyAbi.IN_CLOSE_WRITE => FileChangeKind.Written,
        InotifyAbi.IN_ATTRIB => FileChangeKind.Attributes,
        InotifyAbi.IN_DELETE_SELF or InotifyAbi.IN_MOVE_SELF or InotifyAbi.IN_UNMOUNT => FileChangeKind.Self,
        InotifyAbi.IN_Q_OVERFLOW => FileChangeKind.Overflow,
        _ => FileChangeKind.None,
    };

    /// <summary>Makes an item of an event. False: it was the last.</summary>
    private bool Take(in InotifyEvent next)
    {
        if (hasMoved)
        {
            InotifyEvent from = moved;
            hasMoved = false;
            if (next.Is(InotifyAbi.IN_MOVED_TO) && next.Cookie == from.Cookie)
            {
                Bring(new FileChange(FileChangeKind.Moved, next.Name, from.Name, next.Is(InotifyAbi.IN_ISDIR)));
                return true;
            }

            Bring(new FileChange(FileChangeKind.Moved, null, from.Name, from.Is(InotifyAbi.IN_ISDIR)));
        }

        if (next.Is(InotifyAbi.IN_IGNORED))
        {
            return false;
        }

        if (next.Is(InotifyAbi.IN_MOVED_FROM))
        {
            moved = next;
            hasMoved = true;
            hasWaited = false;
        }
        else if (next.Is(InotifyAbi.IN_MOVED_TO))
        {
            Bring(new FileChange(FileChangeKind.Moved, next.Name, null, next.Is(InotifyAbi.IN_ISDIR)));
        }
        else if (KindOf(next.Mask) is not FileChangeKind.None and FileChangeKind kind)
        {
            Bring(new FileChange(kind, next.Name, null, next.Is(InotifyAbi.IN_ISDIR)));
        }

        return true;
    }
}
