using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Dispatch.AspNetCore;

/// <summary>Where the requests of one connection run: on its loop, or on the thread pool once it has blocked the loop too often.</summary>
internal sealed class RequestPlacement
{
    /// <summary>A connection that has blocked its loop starts anew after so many requests that did not. Behind so many awaits, a request that goes on (a WebSocket) counts as one an await.</summary>
    private const int ForgivenAfter = 256;

    private readonly TransportSettings settings;
    private readonly bool isTraced;
    private volatile TransportConnection? connection;
    private volatile bool onPool;
    private RequestTrace? trace;
    private ExecutionContext? usual;
    private bool varies;
    private int strikes;
    private int calm;

    public RequestPlacement(TransportConnection connection, TransportSettings settings)
    {
        this.connection = connection;
        this.settings = settings;
        Loop = connection.Loop;
        onPool = settings.Options.Scheduling == DispatchScheduling.ThreadPool;
        isTraced = settings.Options.Scheduling == DispatchScheduling.Adaptive || Watch is not null;
    }

    /// <summary>Gets the connection's loop.</summary>
    public EventLoop Loop { get; }

    /// <summary>Gets what tells the watchdog of the loop's turns, or null where nobody asked for one.</summary>
    public TurnWatch? Watch => Loop.Engine.Watch;

    /// <summary>Gets a value indicating whether requests run on the thread pool.</summary>
    public bool IsOnPool => onPool;

    /// <summary>
    /// Gets a value indicating whether what reads the connection goes on on the thread pool. It does for HTTP/2, too: Kestrel parses its frames there in any case, and a read that came home would only carry the bytes across, to interrupt
    /// the pool for fewer of them.
    /// </summary>
    public bool IsReadOnPool => onPool || connection is { ServesPool: true };

    /// <summary>
    /// Runs a request where the connection's requests run. An HTTP/2 stream, which Kestrel begins on the pool, stays there: see <see cref="MoveAsync"/>. An HTTP/1.1 request is taken home: behind TLS Kestrel goes on on the pool
    /// after the handshake, and where the first request has come together with the handshake's last message no read brings it back.
    /// </summary>
    public Task RunAsync(RequestDelegate next, HttpContext context)
    {
        if (onPool || connection is not { } present)
        {
            return next(context);
        }

        if (!Loop.IsOwner)
        {
            if (!HttpProtocol.IsHttp2(context.Request.Protocol))
            {
                return MoveAsync(next, context);
            }

            present.ServesPool = true;
            if (onPool)
            {
                present.ServesPool = false; // It has left the loop meanwhile, and with it what this is for.
            }

            return next(context);
        }

        return SynchronizationContext.Current is null ? RunInContextAsync(next, context) : RunHere(next, context);
    }

    /// <summary>Runs a request that is elsewhere on the loop, unless the connection's requests run on the pool.</summary>
    public Task MoveAsync(RequestDelegate next, HttpContext context) =>
        onPool || Loop.IsOwner ? RunAsync(next, context)
        : Loop.InvokeAsync(() => onPool ? Task.Run(() => next(context)) : RunHere(next, context)); // It may have left the loop while this stood in line.

    /// <summary>A stretch of a request's code has ended. Loop's thread only.</summary>
    public void OnStretch(RequestTrace request, long ticks)
    {
        if (onPool)
        {
            return; // It has left, and has been told of.
        }

        if (ticks > settings.BlockingTicks)
        {
            OnBlocked(request, ticks);
        }
        else if (strikes != 0 && request.Stretches is 0 or >= ForgivenAfter && ++calm == ForgivenAfter)
        {
            strikes = 0; // A thread that was not let run, and code that was compiled, look like blocking: that is over.
            calm = 0;
        }
    }

    /// <summary>
    /// Says whether a request comes in the execution context of all before it: Kestrel's, of the connection. Where each has one of its own, with its activity say, none is kept: it would hold on to things of its request's. Loop's thread only.
    /// </summary>
    public bool IsUsual(ExecutionContext outside)
    {
        if (!varies)
        {
            usual ??= outside;
            varies = !ReferenceEquals(usual, outside);
        }

        if (varies)
        {
            usual = null;
        }

        return !varies;
    }

    /// <summary>The connection has ended. Code that outlives it may hold on to this, and to nothing more.</summary>
    public void Close()
    {
        connection = null;
        trace = null;
        usual = null;
    }

    /// <summary>Behind TLS there is no context current, as the stream between asks for none. The request's awaits want the loop's; who awaits the request goes on here only if there is none again.</summary>
    private async Task RunInContextAsync(RequestDelegate next, HttpContext context)
    {
        SynchronizationContext.SetSynchronizationContext(Loop.Engine.Scope.Context);
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
        if (!isTraced)
        {
            return next(context);
        }

        if (connection is { ServesPool: true })
        {
            return new RequestTrace(this).Run(next, context); // One of many at a time.
        }

        RequestTrace? request = trace;
        if (request is not { MayServe: true })
        {
            trace = request = new RequestTrace(this);
        }

        return request.Run(next, context);
    }

    private void OnBlocked(RequestTrace request, long ticks)
    {
        if (settings.Options.Scheduling == DispatchScheduling.Adaptive && ++strikes == settings.Options.BlockingLimit && connection is { } present)
        {
            onPool = true;
            present.ServesPool = false; // Its handlers block, perhaps for what the peer answers to what they have flushed.
            (string id, string loop, string endpoint, int times) = (present.ConnectionId, Loop.Name, request.Name ?? "none", strikes);

            // Elsewhere: this is called by the runtime, in between two execution contexts, and a logger may do anything.
            _ = Task.Run(() => LogMessages.LeftLoop(settings.Logger, id, loop, ticks * 1000 / Stopwatch.Frequency, endpoint, times));
        }
    }
}
