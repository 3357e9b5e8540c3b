using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Dispatch.AspNetCore;

/// <summary>Puts a live page on the loops into an application.</summary>
public static class DispatchEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps a page that shows what the loops do: each as a lane (busy, polling, parked), completions and system calls a second, where each kind of request spends its time (with
    /// <see cref="EventLoopOptions.MeasureLatency"/>), connections, requests in flight, queues, and what the loops were set up with. All dispatchers of the container are on it, by name. It updates by server-sent events, and
    /// costs nothing while nobody watches; there is no page unless it is mapped.
    /// </summary>
    /// <remarks>
    /// It tells whoever may see it names of code and of the system, so put it behind an authorization policy: <c>app.MapDispatch("/dispatch").RequireAuthorization()</c>. It loads nothing from elsewhere and sends a Content-Security-Policy.
    /// In an application without loops it says so.
    /// </remarks>
    /// <param name="endpoints">The application, or a group of its endpoints.</param>
    /// <param name="pattern">Where the page is; its updates are at <c>events</c> under it.</param>
    /// <returns>A builder for conventions of all its endpoints: authorization, host names.</returns>
    public static IEndpointConventionBuilder MapDispatch(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/dispatch")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        LiveSource source = LiveSource.Of(endpoints.ServiceProvider);
        RouteGroupBuilder group = endpoints.MapGroup(pattern);
        group.MapGet(string.Empty, context => LivePageEndpoint.RunAsync(context, source)).WithDisplayName("Dispatch live page");
        group.MapGet("events", context => LiveEventsEndpoint.RunAsync(context, source)).WithDisplayName("Dispatch live page, events");
        group.WithMetadata(new ExcludeFromDescriptionAttribute()); // It is for people, not a part of the application's API.
        return group;
    }
}
