using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Dispatch.AspNetCore;

/// <summary>What the live page of an application shows: one for all places where it is mapped.</summary>
internal sealed class LiveSource
{
    private static readonly ConditionalWeakTable<IServiceProvider, LiveSource> Sources = [];

    private readonly IServiceProvider services;
    private readonly ConnectionCount connections;
    private readonly RequestCounter? requests;
    private readonly Lazy<IReadOnlyList<NamedDispatcher>> dispatchers;

    private LiveSource(IServiceProvider services)
    {
        this.services = services;
        Lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        connections = ConnectionCount.Start(services);
        requests = services.GetService<RequestCounter>();
        requests?.Enable();
        dispatchers = new(() => Platform.IsSupported ? FindDispatchers() : []); // Elsewhere the core is not touched.
        Sampler = new LiveSampler(this);
        Lifetime.ApplicationStopping.Register(Sampler.End);
        Lifetime.ApplicationStopped.Register(connections.Dispose);
    }

    public IHostApplicationLifetime Lifetime { get; }

    public LiveSampler Sampler { get; }

    /// <summary>Gets the dispatchers of the container, the one without a name first. They are looked for when somebody looks at the page: by then the host has started them.</summary>
    public IReadOnlyList<NamedDispatcher> Dispatchers => dispatchers.Value;

    /// <summary>Gets the connections that Kestrel has.</summary>
    public long Connections => connections.Count;

    /// <summary>Gets the requests so far and those in flight, without the page's own; null where requests do not run on Dispatch's transport.</summary>
    public LiveRequests? Requests => requests is null ? null : new LiveRequests(requests.Begun, Math.Max(0, requests.InFlight - Sampler.Watchers));

    /// <summary>Finds the source of an application, or makes it.</summary>
    public static LiveSource Of(IServiceProvider services) => Sources.GetValue(services, static s => new LiveSource(s));

    /// <summary>Describes what does not change.</summary>
    public LiveAbout Describe() => new(
        services.GetService<IHostEnvironment>()?.ApplicationName ?? Assembly.GetEntryAssembly()?.GetName().Name ?? "application",
        Environment.ProcessId,
        Environment.MachineName,
        $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} CPUs",
        [.. Dispatchers.Select(d => new LiveDispatcherAbout(d.Name, KernelChoice.Explain(d.Dispatcher), [.. d.Dispatcher.Loops.Select(l => new LiveLoopAbout(l.Name, l.Report.ToString()))]))]);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private List<NamedDispatcher> FindDispatchers()
    {
        List<NamedDispatcher> found = [];
        if (services.GetService<Dispatcher>() is { } single)
        {
            found.Add(new NamedDispatcher(single));
        }

        found.AddRange(services.GetKeyedServices<Dispatcher>(KeyedService.AnyKey).Distinct().Select(d => new NamedDispatcher(d)).OrderBy(d => d.Name, StringComparer.Ordinal));
        return found;
    }
}
