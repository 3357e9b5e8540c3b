using System.Globalization;

namespace Dispatch.Examples.WebApp.Endpoints;

/// <summary>What a handler must not do, and many do.</summary>
internal static class Blocking
{
    /// <summary>Keeps its thread for as many milliseconds as the path says.</summary>
    public static Task Run(HttpContext context)
    {
        Thread.Sleep(int.Parse((string)context.Request.RouteValues["ms"]!, CultureInfo.InvariantCulture));
        return context.Response.WriteAsync(EventLoop.Current?.Name ?? "pool");
    }
}
