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

    /// <summary>Runs a request. One that Kestrel has begun elsewhere (an HTTP/2 stream), or without the loop's context (behind TLS), is brought to the loop first.</summary>
    public Task RunAsync(RequestDelegate next, HttpContext context)
    {
        if (onPool)
        {
            return next(context);
        }

        EventLoop loop = connection.Loop;
        return loop.IsOwner && SynchronizationContext.Current is not null ? RunHere(next, context) : loop.InvokeAsync(() => RunHere(next, context));
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
