using Microsoft.Extensions.Hosting;

namespace Dispatch.Hosting;

/// <summary>
/// A hosted service whose code runs on an event loop: the same life as a <see cref="BackgroundService"/>, and every await comes back to the loop. Register it by
/// <c>services.AddHostedService&lt;T&gt;()</c> beside <c>services.AddDispatch()</c>.
/// </summary>
/// <example>
/// <code>
/// sealed class Ticker(Dispatcher dispatcher) : LoopService(dispatcher)
/// {
///     protected override async Task ExecuteAsync(EventLoop eventLoop, CancellationToken stoppingToken)
///     {
///         while (true)
///         {
///             await eventLoop.DelayAsync(TimeSpan.FromSeconds(1), stoppingToken);
///         }
///     }
/// }
/// </code>
/// </example>
public abstract class LoopService : BackgroundService
{
    /// <summary>Initializes a new instance of the <see cref="LoopService"/> class on the dispatcher's next loop in turn.</summary>
    /// <param name="dispatcher">The dispatcher.</param>
    protected LoopService(Dispatcher dispatcher)
        : this((dispatcher ?? throw new ArgumentNullException(nameof(dispatcher))).NextLoop())
    {
    }

    /// <summary>Initializes a new instance of the <see cref="LoopService"/> class on a loop.</summary>
    /// <param name="loop">The loop.</param>
    protected LoopService(EventLoop loop)
    {
        ArgumentNullException.ThrowIfNull(loop);
        Loop = loop;
    }

    /// <summary>Gets the loop that the service runs on.</summary>
    public EventLoop Loop { get; }

    /// <summary>
    /// What the service does. It begins on the loop's thread and comes back to it after every await; it must not block. An exception out of it is treated as out of any background service: by
    /// <see cref="HostOptions.BackgroundServiceExceptionBehavior"/>.
    /// </summary>
    /// <param name="eventLoop">The loop, which is also <see cref="Loop"/>.</param>
    /// <param name="stoppingToken">Cancelled when the host stops: finish, and return.</param>
    /// <returns>A task that ends with the service.</returns>
    protected abstract Task ExecuteAsync(EventLoop eventLoop, CancellationToken stoppingToken);

    /// <inheritdoc/>
    protected sealed override Task ExecuteAsync(CancellationToken stoppingToken) => Loop.InvokeAsync(() => ExecuteAsync(Loop, stoppingToken));
}
