namespace Dispatch;

/// <summary>The one request behind a <see cref="Readiness"/>: a multishot poll. Owner thread only.</summary>
internal sealed class ReadinessOperation(Readiness stream, Descriptor target, PollEvents events) : Operation(stream.Engine, settled: false)
{
    private readonly IoRequest request = IoRequest.PollMultishot(target, events);
    private bool cancelling;

    /// <inheritdoc/>
    public override object? Observer => stream;

    /// <summary>Arms the request, if it is not armed. What is ready then is reported then, so that nothing is missed between two of them.</summary>
    public void Arm()
    {
        if (InFlight)
        {
            return;
        }

        TakeSlot();
        try
        {
            Start(request);
        }
        catch
        {
            Engine.Table.Remove(this);
            throw;
        }
    }

    /// <summary>Ends it.</summary>
    public void Stop()
    {
        if (InFlight && !cancelling)
        {
            cancelling = true;
            RequestCancel();
        }
    }

    /// <inheritdoc/>
    protected override void OnCompletion(in CompletionEntry entry, bool terminal)
    {
        if (!terminal)
        {
            stream.OnReady(entry.Result);
            return;
        }

        Engine.Table.Remove(this);
        bool asked = cancelling;
        cancelling = false;
        try
        {
            if (entry.Result >= 0)
            {
                stream.OnReady(entry.Result);
            }
            else if (entry.Result != -Errno.ECANCELED || !asked)
            {
                stream.OnFailed(entry.Result);
            }
        }
        finally
        {
            stream.OnDisarmed(); // Also when the consumer threw.
        }
    }
}
