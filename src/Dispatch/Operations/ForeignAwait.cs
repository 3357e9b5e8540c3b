namespace Dispatch;

/// <summary>An await by a thread that does not own the source, on its way to the owner.</summary>
internal sealed class ForeignAwait(IOwnerSource source, ContinuationEnvelope envelope, short token)
{
    /// <summary>Runs on the owner.</summary>
    public void Register()
    {
        source.Engine.CountHandOff();
        ref OwnerCompletionCore core = ref source.Core;
        if (core.Version != token)
        {
            return; // Verified when it was posted; only a second consumer can have come between, and that one got its exception.
        }

        if (core.IsCompleted)
        {
            envelope.ScheduleNow();
        }
        else
        {
            core.Register(source.Engine, ContinuationEnvelope.Schedule, envelope, inContext: true);
        }
    }
}
