using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dispatch.AspNetCore;

/// <summary>Where the requests of one connection run: on its loop, or on the thread pool once it has blocked the loop too often.</summary>
internal sealed class RequestPlacement(TransportConnection connection, TransportSettings settings) : INamedCallback
{
    /// <summary>A connection that has blocked its loop starts anew after so many requests that did not.</summary>
    private const int ForgivenAfter = 256;

    private volatile bool onPool = settings.Options.Scheduling == DispatchScheduling.ThreadPool;
    private volatile IFeatureCollection? running;
    private volatile string? name;
    private bool isInside;
    private int strikes;
    private int calm;

    /// <inheritdoc/>
    (object? Target, object? State) INamedCallback.Callback => (running is { } features ? NameOf(features) ?? name : name, null);

    /// <summary>Gets a value indicating whether requests run on the thread pool.</summary>
    public bool IsOnPool => onPool;

    /// <summary>
    /// Gets a value indicating whether what reads the connection goes on on the thread pool. It does for HTTP/2, too: Kestrel parses its frames there in any case, and a read that came home would only carry the bytes across, to interrupt
    /// the pool for fewer of them.
    /// </summary>
    public bool IsReadOnPool => onPool || connection.ServesPool;

    /// <summary>
    /// Runs a request where the connection's requests run. An HTTP/2 stream, which Kestrel begins on the pool, stays there: see <see cref="MoveAsync"/>. An HTTP/1.1 request is taken home: behind TLS Kestrel goes on on the pool
    /// after the handshake, and where the first request has come together with the handshake's last message no read brings it back.
    /// </summary>
    public Task RunAsync(RequestDelegate next, HttpContext context)
    {
        if (onPool)
        {
            return next(context);
        }

        if (!connection.Loop.IsOwner)
        {
            connection.ServesPool = HttpProtocol.IsHttp2(context.Request.Protocol);
            return connection.ServesPool ? next(context) : MoveAsync(next, context);
        }

        return SynchronizationContext.Current is null ? RunInContextAsync(next, context) : RunHere(next, context);
    }

    /// <summary>Runs a request that is elsewhere on the loop, unless the connection's requests run on the pool.</summary>
    public Task MoveAsync(RequestDelegate next, HttpContext context) =>
        onPool || connection.Loop.IsOwner ? RunAsync(next, context) : connection.Loop.InvokeAsync(() => RunHere(next, context));

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
        if (isInside)
        {
            return next(context); // By way of UseLoops, and of the filter before: once is enough.
        }

        bool isWatched = connection.Loop.Engine.Watch is not null;
        if (isWatched)
        {
            name = context.Request.Path.Value; // Until it has an endpoint.
            running = context.Features;
            connection.Loop.Engine.Watch!.NoteCode(this);
        }

        isInside = true;
        long began = Stopwatch.GetTimestamp();
        try
        {
            return next(context);
        }
        finally
        {
            long ticks = Stopwatch.GetTimestamp() - began;
            isInside = false;
            if (isWatched)
            {
                name = NameOf(context.Features) ?? name; // For a report of a turn that has ended before anybody looked.
                running = null;
            }

            if (ticks > settings.BlockingTicks)
            {
                Note(ticks, context);
            }
            else if (strikes != 0 && ++calm == ForgivenAfter)
            {
                strikes = 0; // A thread that was not let run, and code that was compiled, look like blocking: that is over.
                calm = 0;
            }
        }
    }

    private void Note(long ticks, HttpContext context)
    {
        int times = Interlocked.Increment(ref strikes);
        if (settings.Options.Scheduling == DispatchScheduling.Adaptive && times == settings.Options.BlockingLimit)
        {
            onPool = true;
            connection.ServesPool = false; // Its handlers block, perhaps for what the peer answers to what they have flushed.
            LogMessages.LeftLoop(settings.Logger, connection.ConnectionId, connection.Loop.Name, ticks * 1000 / Stopwatch.Frequency, NameOf(context.Features) ?? context.Request.Path, times);
        }
    }
}
