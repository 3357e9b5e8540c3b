using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// The lines of a <see cref="FileTail"/>: reads the file to its end, takes what has happened to its directory, goes on to the next file when the writer has, and else waits for a change. Owner thread only.
/// </summary>
internal sealed class TailLines : PumpedStream<FileLine>
{
    private const uint DirectoryMask = InotifyAbi.IN_CREATE | InotifyAbi.IN_DELETE | InotifyAbi.IN_MOVED_FROM | InotifyAbi.IN_MOVED_TO | InotifyAbi.IN_DELETE_SELF | InotifyAbi.IN_MOVE_SELF | InotifyAbi.IN_ONLYDIR;

    /// <summary>How long the second half of a move may be on its way before it is taken for a move to elsewhere.</summary>
    private static readonly TimeSpan SecondHalf = TimeSpan.FromMilliseconds(2);

    private readonly FileTail tail;
    private readonly FileTailOptions options;
    private readonly string directory;
    private readonly string name;
    private readonly InotifyQueue queue;
    private readonly LineBuffer buffer;
    private readonly byte[] record = new byte[FileStatus.RecordBytes];
    private bool isAtEnd;
    private bool isWriterGone;

    public TailLines(FileTail tail, FileTailOptions options)
        : base(tail.Engine, 0, StreamOverflow.Pause)
    {
        this.tail = tail;
        this.options = options;
        directory = Path.GetDirectoryName(tail.Path)!;
        name = Path.GetFileName(tail.Path);
        queue = new InotifyQueue(tail.Engine, tail.OwnedDescriptor.Number);
        buffer = new LineBuffer(options.ReadBytes, options.MaxLineBytes);
        Rotation = new TailRotation(name);
    }

    /// <summary>Gets the files.</summary>
    public TailRotation Rotation { get; }

    /// <summary>Gets how often the file became shorter than what was read of it.</summary>
    public long Truncations { get; private set; }

    private KernelCalls Calls => Engine.Ring.Calls;

    /// <summary>Watches the directory, then opens the file: in this order, so that no file comes between.</summary>
    public async Task BeginAsync(CancellationToken token)
    {
        WatcherCalls.Add(Engine, tail.OwnedDescriptor.Number, directory, DirectoryMask);
        Completion opened = await OpenAsync(name, token);
        if (opened.Result == -Errno.ENOENT && options.WaitForFile)
        {
            return;
        }

        if (opened.Result < 0)
        {
            throw OpcodeNames.Explain(Opcode.Openat, opened.Result, tail.Path, token);
        }

        TailFile file = new() { Name = name };
        Adopt(file, (int)opened.Result);
        file.Offset = options.FromStart ? 0 : Length(file);
        Rotation.Begin(file);
    }

    /// <summary>The tail closes.</summary>
    public void Close()
    {
        DropUnread();
        End(null);
        if (!IsPumping)
        {
            CloseFiles();
        }
    }

    /// <summary>Closes what is open, for a tail that does not come about, or whose code has ended.</summary>
    public void CloseFiles()
    {
        Rotation.Current?.File?.CloseNow();
        foreach (TailFile file in Rotation.Waiting)
        {
            file.File?.CloseNow();
        }
    }

    /// <inheritdoc/>
    internal override void Release(FileLine item) => item.End();

    /// <inheritdoc/>
    private protected override void OnResume()
    {
        // A reader asks for line after line of what was read at once: no turn is needed for them.
        if (IsAtGate && HasRoom && buffer.TryNext(out FileLine line))
        {
            Push(line);
        }

        if (HasRoom)
        {
            base.OnResume();
        }
    }

    /// <inheritdoc/>
    private protected override async Task PumpAsync()
    {
        // Steps that happen for every few lines are pooled. They are awaited without the loop's context, which is where they end anyway: with it, their builder would post each end through the inbox.
        tail.OwnedDescriptor.AddUse(); // The close of the tail waits for this code.
        try
        {
            while (!IsEnded)
            {
                if (!HasRoom)
                {
                    await RoomAsync();
                }
                else if (buffer.TryNext(out FileLine line))
                {
                    Bring(line);
                }
                else if (buffer.IsTooLong)
                {
                    Bring(options.LongLines == LongLine.Split ? buffer.Cut() : throw TooLong());
                }
                else if (!isAtEnd && Rotation.Current is not null)
                {
                    await FillAsync().ConfigureAwait(false);
                }
                else
                {
                    await GoOnAsync().ConfigureAwait(false);
                }
            }
        }
        finally
        {
            CloseFiles();
            tail.OwnedDescriptor.ReleaseUse();
        }
    }

    private static InvalidOperationException GoneFrom(string path) => new($"The directory of '{path}' was removed or renamed while the file was followed. Follow the file where it is now.");

    private ValueTask<Completion> OpenAsync(string leaf, CancellationToken token) =>
        Loop.CompleteAsync(IoRequest.OpenAt(Path.Combine(directory, leaf), OpenFlags.ReadOnly | OpenFlags.CloseOnExec | OpenFlags.NonBlocking), token);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FillAsync()
    {
        TailFile file = Rotation.Current!;
        int read = await Loop.ExecuteAsync(IoRequest.Read(new Descriptor(file.File, -1), buffer.Room(), file.Offset));
        buffer.Add(read);
        file.Offset += read;
        isAtEnd = read == 0;
    }

    /// <summary>The end of what there is now: sees whether the file was cut, whether the writer has gone on to another, or else waits.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask GoOnAsync()
    {
        if (Rotation.Current is { } file && Length(file) < file.Offset)
        {
            Truncations++;
            file.Offset = 0;
            isAtEnd = false;
            BringRest();
            return;
        }

        bool hasChanged = TakeEvents();
        await OpenWaitingAsync().ConfigureAwait(false);
        if (Rotation.Waiting is [{ File: not null } next, ..])
        {
            if (Rotation.Current is null || isWriterGone)
            {
                await SwitchAsync();
                return;
            }

            if (Rotation.Waiting.Count > 1 || Length(next) > 0)
            {
                // The writer is in the next file, so it has written its last to this one: one more look at its end is the last.
                isWriterGone = true;
                isAtEnd = false;
                return;
            }
        }

        if (hasChanged)
        {
            isAtEnd = false;
        }
        else if (Rotation.IsDirectoryGone)
        {
            BringRest();
            throw GoneFrom(tail.Path);
        }
        else
        {
            Completion ready = await Loop.CompleteAsync(IoRequest.Poll(tail, PollEvents.Readable));
            if (ready.Result < 0 && !IsEnded)
            {
                throw OpcodeNames.Explain(Opcode.PollAdd, ready.Result, tail.Path, default);
            }
        }
    }

    private bool TakeEvents()
    {
        bool any = false;
        while (!tail.IsClosed && queue.TryTake(out InotifyEvent change))
        {
            any = true;
            if (change.Name is not null || !change.Is(InotifyAbi.IN_MODIFY | InotifyAbi.IN_IGNORED))
            {
                Rotation.Take(change);
            }
        }

        return any;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask OpenWaitingAsync()
    {
        for (int i = 0; i < Rotation.Waiting.Count && !IsEnded;)
        {
            TailFile file = Rotation.Waiting[i];
            if (file.File is null && !await TryOpenAsync(file))
            {
                if (Rotation.Waiting.Contains(file))
                {
                    return; // Its events are still to come.
                }

                continue;
            }

            i += Rotation.Waiting.Contains(file) ? 1 : 0;
        }
    }

    /// <summary>Opens a file by the name that it has now. True: it is open. False: it is none of ours and out of the list, or later events have to tell.</summary>
    private async ValueTask<bool> TryOpenAsync(TailFile file)
    {
        while (true)
        {
            if (file.Name is not { } leaf)
            {
                if (file.MovingCookie != 0)
                {
                    await Loop.DelayAsync(SecondHalf);
                    TakeEvents();
                    file.MovingCookie = 0;
                    continue;
                }

                Rotation.Miss(file);
                return false;
            }

            Completion opened = await OpenAsync(leaf, default);
            TakeEvents();
            if (file.Name != leaf)
            {
                if (opened.Result >= 0)
                {
                    await Loop.CompleteAsync(IoRequest.Close((int)opened.Result)); // It was renamed meanwhile: this may be its successor.
                }

                continue;
            }

            if (opened.Result == -Errno.ENOENT)
            {
                return false;
            }

            if (opened.Result < 0)
            {
                throw OpcodeNames.Explain(Opcode.Openat, opened.Result, Path.Combine(directory, leaf), default);
            }

            TailFile? before = Before(file);
            Adopt(file, (int)opened.Result);
            if (before?.Identity == file.Identity)
            {
                Rotation.Discard(file);
                file.File!.CloseNow();
                return false;
            }

            return true;
        }
    }

    private TailFile? Before(TailFile file)
    {
        TailFile? before = Rotation.Current;
        foreach (TailFile other in Rotation.Waiting)
        {
            if (ReferenceEquals(other, file))
            {
                break;
            }

            before = other;
        }

        return before;
    }

    private void Adopt(TailFile file, int number)
    {
        file.File = new OwnedDescriptor(number, Calls) { Subject = tail.Path };
        Status(file);
        file.Identity = ((long)BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(136)), (long)BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(32)));

        // By its descriptor: its name may be another file's by now.
        file.Watch = WatcherCalls.Add(Engine, tail.OwnedDescriptor.Number, $"/proc/self/fd/{number}", InotifyAbi.IN_MODIFY);
    }

    private void Status(TailFile file)
    {
        int result = Calls.GetStatus(file.File!.Number, record);
        if (result < 0)
        {
            throw ErrorMap.ForFile("statx", result, tail.Path);
        }
    }

    private long Length(TailFile file)
    {
        Status(file);
        return BinaryPrimitives.ReadInt64LittleEndian(record.AsSpan(40));
    }

    private async ValueTask SwitchAsync()
    {
        BringRest();
        TailFile? former = Rotation.Switch();
        isWriterGone = false;
        isAtEnd = false;
        if (former is not null)
        {
            _ = Calls.RemoveWatch(tail.OwnedDescriptor.Number, former.Watch);
            await Loop.CompleteAsync(IoRequest.Close(former.File!.Detach()));
        }
    }

    /// <summary>A last line without a newline: nothing will be added to it any more.</summary>
    private void BringRest()
    {
        if (buffer.HasRest)
        {
            Bring(buffer.TakeRest());
        }
    }

    private InvalidDataException TooLong() => new(
        $"A line of '{tail.Path}' that begins at byte {Rotation.Current!.Offset - buffer.RestBytes} is longer than {options.MaxLineBytes} bytes. Raise {nameof(FileTailOptions)}.{nameof(FileTailOptions.MaxLineBytes)}, or take it in pieces ({nameof(FileTailOptions.LongLines)} = {nameof(LongLine.Split)}).");
}
