using Microsoft.AspNetCore.Builder;

namespace Dispatch.AspNetCore;

/// <summary>What an application may add for its requests to run on loops.</summary>
public static class DispatchApplicationBuilderExtensions
{
    /// <summary>
    /// What follows in the pipeline runs on the loop of the request's connection, also where Kestrel has begun the request elsewhere: it begins each HTTP/2 stream on the thread pool, so that its handlers run there unless this
    /// brings them home, which costs a message to the loop and one back. Put it behind routing, on the branch whose handlers do their own I/O on loops (files, connections) or keep state there. HTTP/1.1 requests are at
    /// home already, and connections whose requests run on the thread pool (<see cref="DispatchScheduling"/>) stay there; without the transport it does nothing.
    /// </summary>
    /// <param name="app">The application, behind <c>UseRouting</c> where that is called.</param>
    /// <returns>The same, for more calls.</returns>
    public static IApplicationBuilder UseLoops(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app.Use(static following => context =>
            context.Features.Get<RequestPlacement>() is { } placement ? placement.MoveAsync(following, context) : following(context));
    }
}
