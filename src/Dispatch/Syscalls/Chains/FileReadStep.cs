namespace Dispatch;

/// <summary>One step of a <see cref="FileRead"/>, which its completion goes to. Owner thread only.</summary>
internal sealed class FileReadStep(LoopEngine engine, FileRead read, int number) : Operation(engine)
{
    /// <inheritdoc/>
    public override uint CancelEpoch => read.Epoch;

    /// <summary>Stages it.</summary>
    public void Begin(in SubmissionEntry entry) => StartEntry(entry);

    /// <summary>Cancels this step alone.</summary>
    public void CancelStep() => base.RequestCancel();

    /// <summary>Who cancels a step by a token means the whole.</summary>
    public override void RequestCancel() => read.Cancel();

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        if (terminal)
        {
            read.OnStep(number, entry.Result);
        }
    }
}
