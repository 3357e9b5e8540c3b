namespace Dispatch;

/// <summary>Whether this system can run Dispatch, and if not, why and what to do.</summary>
/// <param name="IsSupported">Whether a loop can be made.</param>
/// <param name="Reason">Why not; null when it is.</param>
/// <param name="Message">The reason in words; empty when it is supported.</param>
/// <param name="Remedy">What to do, in one line; empty when it is supported.</param>
public sealed record KernelSupport(bool IsSupported, KernelUnavailableReason? Reason, string Message, string Remedy)
{
    /// <summary>Asks by setting up a small ring and closing it again.</summary>
    /// <returns>The answer.</returns>
    public static KernelSupport Check()
    {
        try
        {
            KernelRing ring = KernelFactory.Create(new EventLoopOptions { SubmissionEntries = 1, CompletionEntries = 2 });
            ring.Close(fromOwner: true);
            ring.ReleaseMemory();
            return new KernelSupport(true, null, string.Empty, string.Empty);
        }
        catch (KernelUnavailableException e)
        {
            return new KernelSupport(false, e.Reason, e.Message, e.Remedy);
        }
    }
}
