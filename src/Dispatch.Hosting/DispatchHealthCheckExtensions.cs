using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Dispatch.Hosting;

/// <summary>Puts the loops under the host's health checks.</summary>
public static class DispatchHealthCheckExtensions
{
    /// <summary>Adds a check of a dispatcher's loops: that each answers, that its receive buffers suffice, that its queues are short, and that it was not fallen back to Linux AIO.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="dispatcherName">The name of the dispatcher, or null for the default one.</param>
    /// <param name="configure">Sets what counts as ill.</param>
    /// <param name="name">The name of the check; by default <c>dispatch</c>, or <c>dispatch:</c> and the dispatcher's name.</param>
    /// <param name="failureStatus">What a stalled loop is reported as. Default <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags to filter checks by.</param>
    /// <returns>The same builder.</returns>
    public static IHealthChecksBuilder AddDispatch(
        this IHealthChecksBuilder builder,
        string? dispatcherName = null,
        Action<LoopHealthOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        LoopHealthOptions options = new();
        configure?.Invoke(options);
        string checkName = name ?? (dispatcherName is null ? "dispatch" : $"dispatch:{dispatcherName}");

        // One check for all asks, because it compares with what the last one saw; registrations make theirs anew each time.
        builder.Services.AddKeyedSingleton(checkName, (provider, _) => new LoopHealthCheck(
            dispatcherName is null ? provider.GetRequiredService<Dispatcher>() : provider.GetRequiredKeyedService<Dispatcher>(dispatcherName),
            options));
        return builder.Add(new HealthCheckRegistration(checkName, provider => provider.GetRequiredKeyedService<LoopHealthCheck>(checkName), failureStatus, tags));
    }
}
