using Microsoft.AspNetCore.Http;

namespace Dispatch.AspNetCore;

/// <summary>The page itself: one document, with all that it needs in it.</summary>
internal static class LivePageEndpoint
{
    public static Task RunAsync(HttpContext context, LiveSource source)
    {
        HttpResponse response = context.Response;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy = LiveDocument.SecurityPolicy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        return response.WriteAsync(LiveDocument.Render(LiveText.Write(source)), context.RequestAborted);
    }
}
