using System.Runtime.CompilerServices;
using Dispatch.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatch.AspNetCore;

/// <summary>Puts Kestrel on event loops.</summary>
public static class DispatchWebHostBuilderExtensions
{
    /// <summary>
    /// Kestrel serves its connections on the loops of the container's <see cref="Dispatcher"/>, which is added if it is not there. Where the system has neither kernel interface (off Linux, or in a container that refuses
    /// both) the default sockets transport serves them, and a warning says so.
    /// </summary>
    /// <param name="builder">The web host's builder.</param>
    /// <param name="configure">Sets options.</param>
    /// <returns>The builder.</returns>
    public static IWebHostBuilder UseDispatch(this IWebHostBuilder builder, Action<DispatchTransportOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(services =>
        {
            if (configure is not null)
            {
                services.Configure(configure);
            }

            if (!Platform.IsSupported)
            {
                services.AddSingleton<IConnectionListenerFactory, UnsupportedTransportFactory>();
                return;
            }

            AddTransport(services);
        });
    }

    /// <summary>A method of its own, so that a system without loops compiles nothing that knows the core: there, its assemblies may not even load.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddTransport(IServiceCollection services)
    {
        services.AddDispatch();
        services.AddSingleton<IStartupFilter, PlacementFilter>();
        services.AddSingleton<RequestCounter>();
        services.AddSingleton<IStartupFilter>(provider => provider.GetRequiredService<RequestCounter>());
        services.AddSingleton<TransportFactory>();
        services.AddSingleton<IConnectionListenerFactory>(provider => provider.GetRequiredService<TransportFactory>());
        services.AddSingleton<IConnectionFactory>(provider => provider.GetRequiredService<TransportFactory>());
    }
}
