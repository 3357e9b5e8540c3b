using Microsoft.Extensions.Hosting;

namespace Dispatch.Hosting;

/// <summary>Puts dispatchers into an application that is being built.</summary>
public static class DispatchHostApplicationBuilderExtensions
{
    /// <summary>Adds one <see cref="Dispatcher"/>; see <see cref="DispatchServiceCollectionExtensions.AddDispatch(Microsoft.Extensions.DependencyInjection.IServiceCollection, Action{DispatcherOptions})"/>.</summary>
    /// <typeparam name="TBuilder">The kind of builder.</typeparam>
    /// <param name="builder">The builder of a host, or of a web application.</param>
    /// <param name="configure">Sets options in code, after the configuration has.</param>
    /// <returns>The builder.</returns>
    public static TBuilder AddDispatch<TBuilder>(this TBuilder builder, Action<DispatcherOptions>? configure = null)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddDispatch(configure);
        return builder;
    }

    /// <summary>Adds a <see cref="Dispatcher"/> under a name; see <see cref="DispatchServiceCollectionExtensions.AddDispatch(Microsoft.Extensions.DependencyInjection.IServiceCollection, string, Action{DispatcherOptions})"/>.</summary>
    /// <typeparam name="TBuilder">The kind of builder.</typeparam>
    /// <param name="builder">The builder of a host, or of a web application.</param>
    /// <param name="name">The name: the key of the service, and of the section.</param>
    /// <param name="configure">Sets options in code, after the configuration has.</param>
    /// <returns>The builder.</returns>
    public static TBuilder AddDispatch<TBuilder>(this TBuilder builder, string name, Action<DispatcherOptions>? configure = null)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddDispatch(name, configure);
        return builder;
    }
}
