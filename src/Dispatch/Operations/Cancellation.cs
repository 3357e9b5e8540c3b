namespace Dispatch;

/// <summary>
/// Asks the kernel to end requests, until it has understood. A request that was woken and has not run again is in none of the places where the kernel looks: the cancel is then
/// answered "not found", and the request may go back to waiting, for ever. So a cancel names its target in its own tag, and one that missed a living request is made again. Owner thread only.
/// </summary>
internal sealed class Cancellation(LoopEngine engine)
{
    /// <summary>
    /// How often a cancel is made again without a sign of life from its request. Between two waits a request is on its way for one enter or two; one that still is not found is in the hands of
    /// a device, which will answer by itself.
    /// </summary>
    public const int MaxMisses = 16;

    private readonly List<ulong> targets = [];
    private readonly Stack<int> free = new();

    /// <summary>Asks for the end of an operation's request.</summary>
    public void Stage(Operation operation)
    {
        SubmissionEntry entry = Entry(operation.Tag);
        entry.Flags = EntryFlags.SkipSuccess;
        engine.Submissions.Stage(entry, Tags.CancelOf(operation.Tag));
    }

    /// <summary>Asks for the end of every request with this tag; users' tags need not be unique.</summary>
    public void StageRaw(ulong tag)
    {
        if (!free.TryPop(out int place))
        {
            place = targets.Count;
            targets.Add(0);
        }

        targets[place] = tag;
        StageRaw(place, 0);
    }

    /// <summary>Asks for the end of everything that is in flight.</summary>
    public void StageAll()
    {
        engine.WorkersIfCreated?.CancelAll();
        engine.Table.ForEachInFlight(static operation => operation.NoteCancel());
        SubmissionEntry entry = Entry(0);
        entry.OperationFlags = IoUringAbi.IORING_ASYNC_CANCEL_ANY | IoUringAbi.IORING_ASYNC_CANCEL_ALL;
        engine.Submissions.Stage(entry, Tags.CancelOfAll);
    }

    /// <summary>Takes an answer. Runs no user code.</summary>
    public void OnAnswer(in CompletionEntry answer)
    {
        if (answer.UserData == Tags.CancelOfAll)
        {
            engine.Table.ForEachInFlight(static operation => operation.RepeatNotedCancel());
        }
        else if (Tags.IsCancelOfRaw(answer.UserData))
        {
            OnRawAnswer(Tags.PlaceOf(answer.UserData), (int)Tags.GenerationOf(answer.UserData), answer.Result);
        }
        else if (answer.Result == -Errno.ENOENT && engine.Table.Find(Tags.TargetOf(answer.UserData)) is { InFlight: true } operation)
        {
            operation.OnCancelMissed();
        }
    }

    private static SubmissionEntry Entry(ulong target) => new() { Opcode = Opcode.AsyncCancel, Fd = -1, Address = target };

    private void StageRaw(int place, int misses)
    {
        SubmissionEntry entry = Entry(targets[place]);
        entry.OperationFlags = IoUringAbi.IORING_ASYNC_CANCEL_ALL;
        engine.Submissions.Stage(entry, Tags.CancelOfRaw(place, misses));
    }

    private void OnRawAnswer(int place, int misses, int result)
    {
        // Nobody counts requests by the user's tag: whether one of that tag is alive is not known, so a few repetitions have to do.
        if (result == -Errno.ENOENT && misses < MaxMisses / 4 && engine.Raw.Outstanding != 0)
        {
            StageRaw(place, misses + 1);
        }
        else
        {
            free.Push(place);
        }
    }
}
