using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Dispatch.AspNetCore;

/// <summary>Goes before the application: a request's code begins where its connection's <see cref="RequestPlacement"/> has it.</summary>
internal sealed class PlacementFilter : IStartupFilter
{
    /// <inheritdoc/>
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(static following => context =>
            context.Features.Get<RequestPlacement>() is { } placement ? placement.RunAsync(following, context) : following(context));
        next(app);
    };
}
