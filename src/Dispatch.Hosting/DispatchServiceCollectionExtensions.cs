using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dispatch.Hosting;

/// <summary>Puts dispatchers into a host's container.</summary>
public static class DispatchServiceCollectionExtensions
{
    /// <summary>
    /// Adds one <see cref="Dispatcher"/>, with options from the configuration's section <c>Dispatch</c> where there is one. Its loops start before the hosted services do and are drained after them, within the host's shutdown
    /// timeout. Without a policy of your own, exceptions that user code lets out on a loop are logged and the loop goes on.
    /// </summary>
    /// <param name="services">The container's services.</param>
    /// <param name="configure">Sets options in code, after the configuration has.</param>
    /// <returns>The services.</returns>
    /// <remarks>
    /// A key that is no option, a value out of its range, a list that is no list: the host does not start, and the <see cref="OptionsValidationException"/> names the key. Adding it twice adds it once, with both sets of options.
    /// </remarks>
    public static IServiceCollection AddDispatch(this IServiceCollection services, Action<DispatcherOptions>? configure = null) => Add(services, null, configure);

    /// <summary>
    /// Adds a <see cref="Dispatcher"/> under a name, as a keyed service (<c>[FromKeyedServices("files")] Dispatcher dispatcher</c>), with options from the configuration's section <c>Dispatch:</c>name.
    /// See <see cref="AddDispatch(IServiceCollection, Action{DispatcherOptions})"/>.
    /// </summary>
    /// <param name="services">The container's services.</param>
    /// <param name="name">The name: the key of the service, and of the section.</param>
    /// <param name="configure">Sets options in code, after the configuration has.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddDispatch(this IServiceCollection services, string name, Action<DispatcherOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Add(services, name, configure);
    }

    private static IServiceCollection Add(IServiceCollection services, string? name, Action<DispatcherOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        string optionsName = name ?? Options.DefaultName;
        string section = name is null ? OptionKeys.Section : ConfigurationPath.Combine(OptionKeys.Section, name);
        if (!IsPresent(services, name))
        {
            AddOnce(services, name, optionsName, section);
        }

        if (configure is not null)
        {
            services.Configure(optionsName, configure);
        }

        return services;
    }

    private static bool IsPresent(IServiceCollection services, string? name) =>
        services.Any(s => s.ServiceType == typeof(Dispatcher) && Equals(s.ServiceKey, name));

    private static void AddOnce(IServiceCollection services, string? name, string optionsName, string section)
    {
        services.AddLogging();
        services.AddOptions<DispatcherOptions>(optionsName)
            .Configure<IServiceProvider>((options, provider) =>
            {
                options.Name = name;
                if (provider.GetService<IConfiguration>() is { } configuration)
                {
                    OptionKeys.Read(configuration.GetSection(section), optionsName, options);
                }
            })
            .PostConfigure<ILoggerFactory>((options, logging) => LoopReports.Attach(options, logging.CreateLogger(LogMessages.Category)))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<DispatcherOptions>>(new DispatcherOptionsValidator(optionsName, section));
        if (name is null)
        {
            services.AddSingleton(provider => Make(provider, optionsName));
        }
        else
        {
            services.AddKeyedSingleton(name, (provider, _) => Make(provider, optionsName));
        }

        services.AddSingleton<IHostedService>(provider => new DispatcherLifetime(
            () => name is null ? provider.GetRequiredService<Dispatcher>() : provider.GetRequiredKeyedService<Dispatcher>(name),
            provider.GetRequiredService<IOptionsMonitor<DispatcherOptions>>().Get(optionsName),
            provider.GetRequiredService<IOptions<HostOptions>>(),
            provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetRequiredService<ILoggerFactory>()));
    }

    private static Dispatcher Make(IServiceProvider provider, string optionsName) =>
        Dispatcher.Create(provider.GetRequiredService<IOptionsMonitor<DispatcherOptions>>().Get(optionsName));
}
