using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dispatch.AspNetCore;

/// <summary>
/// Follows a request's code on its loop, also behind its awaits: it flows with the execution context, and the runtime tells whenever that comes onto the loop's thread and leaves it. Each stretch between the two is timed
/// for <see cref="RequestPlacement"/>, and shown to the loop's watchdog where there is one.
/// </summary>
/// <remarks>
/// An HTTP/1.1 connection has one for all its requests, as they come one after the other; an HTTP/2 stream has one of its own. Everything but what the watchdog reads belongs to the loop's thread. What outlives its request (a
/// timer that a handler has set, say) keeps the trace and its placement, but neither the connection nor the request.
/// </remarks>
internal sealed class RequestTrace(RequestPlacement placement) : INamedCallback
{
    private static readonly AsyncLocal<RequestTrace?> Running = new(OnChanged);

    private readonly RequestPlacement placement = placement;
    private ExecutionContext? around;
    private ExecutionContext? own;
    private volatile IFeatureCollection? features;
    private volatile string? name;
    private long began;
    private int stretches;

    /// <inheritdoc/>
    (object? Target, object? State) INamedCallback.Callback => (Name, null);

    /// <summary>Gets the name of the endpoint; the path while there is none.</summary>
    public string? Name => features is { } present ? NameOf(present) ?? name : name;

    /// <summary>Gets how many stretches of the request's code have ended: one, and one an await that had to wait.</summary>
    public int Stretches => stretches;

    /// <summary>Runs a request. Loop's thread only.</summary>
    public Task Run(RequestDelegate next, HttpContext context)
    {
        ExecutionContext? outside = ExecutionContext.Capture();
        if (outside is null || ReferenceEquals(Running.Value?.placement, placement))
        {
            return next(context); // By way of UseLoops, and of the filter before: once is enough. And where somebody suppresses the flow there is nothing to follow.
        }

        stretches = 0;
        name = context.Request.Path.Value;
        features = context.Features;
        Task? request = null;
        Enter(outside);
        try
        {
            return request = next(context);
        }
        finally
        {
            ExecutionContext.Restore(outside);
            if (request is not { IsCompletedSuccessfully: true } || placement.Watch is not null)
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

    /// <summary>Enters the execution context that is the present one and this. It is made once, as long as Kestrel calls from the same one.</summary>
    private void Enter(ExecutionContext outside)
    {
        if (ReferenceEquals(around, outside))
        {
            ExecutionContext.Restore(own!);
            return;
        }

        Running.Value = this;
        own = ExecutionContext.Capture();
        around = outside;
    }

    private void BeginStretch()
    {
        if (placement.IsOnPool)
        {
            SynchronizationContext.SetSynchronizationContext(null); // It has left the loop in the midst of this request: its next awaits need not come back. The runtime gives the thread its own again behind this callback.
        }

        placement.Watch?.NoteCode(this);
        began = Stopwatch.GetTimestamp();
    }

    private void EndStretch()
    {
        placement.OnStretch(this, Stopwatch.GetTimestamp() - began);
        stretches++;
    }
}
