using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Dispatch.AspNetCore;

/// <summary>Where the requests of one connection run: on its loop, or on the thread pool once it has blocked the loop too often.</summary>
internal sealed class RequestPlacement(TransportConnection connection, TransportSettings settings)
{
    private volatile bool onPool = settings.Options.Scheduling == DispatchScheduling.ThreadPool;
    private int strikes;

    /// <summary>Gets a value indicating whether requests run on the thread pool.</summary>
    public bool IsOnPool => onPool;

    /// <summary>Runs a request where the connection's requests run. An HTTP/2 stream, which Kestrel begins on the pool, stays there: see <see cref="MoveAsync"/>.</summary>
    public Task RunAsync(RequestDelegate next, HttpContext context)
    {
        if (onPool || !connection.Loop.IsOwner)
        {
            return next(context);
        }

        return SynchronizationContext.Current is null ? RunInContextAsync(next, context) : RunHere(next, context);
    }

    /// <summary>Runs a request that is elsewhere on the loop, unless the connection's requests run on the pool.</summary>
    public Task MoveAsync(RequestDelegate next, HttpContext context) =>
        onPool || connection.Loop.IsOwner ? RunAsync(next, context) : connection.Loop.InvokeAsync(() => RunHere(next, context));

    /// <summary>Behind TLS there is no context current, as the stream between asks for none. The request's awaits want the loop's; who awaits the request goes on here only if there is none again.</summary>
    private async Task RunInContextAsync(RequestDelegate next, HttpContext context)
    {
        SynchronizationContext.SetSynchronizationContext(connection.Loop.Engine.Scope.Context);
        try
        {
            await RunHere(next, context);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }
    }

    private Task RunHere(RequestDelegate next, HttpContext context)
    {
        long began = Stopwatch.GetTimestamp();
        try
        {
            return next(context);
        }
        finally
        {
            long ticks = Stopwatch.GetTimestamp() - began;
            if (ticks > settings.BlockingTicks)
            {
                Note(ticks, context);
            }
        }
    }

    private void Note(long ticks, HttpContext context)
    {
        int times = Interlocked.Increment(ref strikes);
        if (settings.Options.Scheduling == DispatchScheduling.Adaptive && times == settings.Options.BlockingLimit)
        {
            onPool = true;
            LogMessages.LeftLoop(settings.Logger, connection.ConnectionId, connection.Loop.Name, ticks * 1000 / Stopwatch.Frequency, context.GetEndpoint()?.DisplayName ?? context.Request.Path, times);
        }
    }
}
