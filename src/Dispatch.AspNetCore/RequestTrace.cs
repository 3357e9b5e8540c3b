using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dispatch.AspNetCore;

/// <summary>
/// Follows a request's code on its loop, also behind its awaits: it flows with the execution context, and the runtime tells whenever that comes onto the loop's thread and leaves it. Each stretch between the two is timed
/// for <see cref="RequestPlacement"/>, and shown to the loop's watchdog where there is one.
/// </summary>
/// <remarks>
/// An HTTP/1.1 connection has one for all its requests, as long as they end without having waited: one that waits has sent the trace along with its awaits, and perhaps with work that outlives it, so the next request gets a new one.
/// Everything but what the watchdog reads belongs to the loop's thread. What outlives its request (a timer that a handler has set, say) keeps the trace and its placement, but neither the connection nor the request; it is not
/// counted.
/// </remarks>
internal sealed class RequestTrace(RequestPlacement placement) : INamedCallback
{
    private static readonly AsyncLocal<RequestTrace?> Running = new(OnChanged);

    /// <summary>For the runtime, and for Dispatch's awaits: none that anything has to come back to.</summary>
    private static readonly SynchronizationContext Elsewhere = new();

    private readonly RequestPlacement placement = placement;

    private ExecutionContext? own;
    private Task? request;
    private volatile IFeatureCollection? features;
    private volatile string? name;
    private long began;
    private int served;
    private int stretches;
    private bool counts;

    /// <inheritdoc/>
    (object? Target, object? State) INamedCallback.Callback => (Name, null);

    /// <summary>Gets the name of the endpoint; the path while there is none.</summary>
    public string? Name => features is { } present ? NameOf(present) ?? name : name;

    /// <summary>Gets how many stretches of the request's code have ended: one, and one an await that had to wait.</summary>
    public int Stretches => stretches;

    /// <summary>Gets a value indicating whether it may follow another request: the last one did not wait for anything.</summary>
    public bool MayServe => request is null;

    /// <summary>Gets a value indicating whether what runs now may be the request's: it has not ended.</summary>
    private bool IsUnderWay => features is not null || request is { IsCompleted: false };

    /// <summary>Runs a request. Loop's thread only.</summary>
    public Task Run(RequestDelegate next, HttpContext context)
    {
        ExecutionContext? outside = ExecutionContext.Capture();
        if (outside is null || ReferenceEquals(Running.Value?.placement, placement))
        {
            return next(context); // By way of UseLoops, and of the filter before: once is enough. And where somebody suppresses the flow there is nothing to follow.
        }

        served++;
        stretches = 0;
        name = context.Request.Path.Value;
        features = context.Features;
        Enter(outside);
        try
        {
            Task begun = next(context);
            request = begun.IsCompleted ? null : begun;
            return begun;
        }
        finally
        {
            ExecutionContext.Restore(outside);
            if (request is not null || placement.Watch is not null)
            {
                name = Name; // For what follows behind the await, and for a report of a turn that has ended before anybody looked.
            }

            features = null;
        }
    }

    private static void OnChanged(AsyncLocalValueChangedArgs<RequestTrace?> change)
    {
        // Not for code that the request has sent to other threads: it keeps none of the loop's connections waiting.
        if (change.PreviousValue is { } before && before.placement.Loop.IsOwner)
        {
            before.EndStretch();
        }

        if (change.CurrentValue is { } after && after.placement.Loop.IsOwner)
        {
            after.BeginStretch();
        }
    }

    private static string? NameOf(IFeatureCollection features)
    {
        try
        {
            return features.Get<IEndpointFeature>()?.Endpoint?.DisplayName;
        }
        catch (Exception)
        {
            return null; // The watchdog may ask in the middle of the request, whose features are no other thread's: a report without a name is better than what they might do then.
        }
    }

    /// <summary>Enters the execution context that is the present one and this. It is kept where all requests of the connection come in the same one.</summary>
    private void Enter(ExecutionContext outside)
    {
        bool isUsual = placement.IsUsual(outside);
        if (isUsual && own is not null)
        {
            ExecutionContext.Restore(own);
            return;
        }

        Running.Value = this;
        own = isUsual ? ExecutionContext.Capture() : null;
    }

    private void BeginStretch()
    {
        counts = IsUnderWay;
        if (!counts)
        {
            return;
        }

        if (placement.IsOnPool && served == 1)
        {
            // The connection has left the loop in the midst of this request, whose next awaits need not come back. Whoever runs this code gives the thread its context again, at the end of the turn's callback at the latest.
            // Not where the trace has followed other requests before: what of theirs goes on wants to be where it was.
            SynchronizationContext.SetSynchronizationContext(Elsewhere);
        }

        placement.Watch?.NoteCode(this);
        began = Stopwatch.GetTimestamp();
    }

    private void EndStretch()
    {
        if (counts)
        {
            placement.OnStretch(this, Stopwatch.GetTimestamp() - began);
            stretches++;
        }
    }
}
