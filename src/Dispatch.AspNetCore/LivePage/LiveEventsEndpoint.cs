using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dispatch.AspNetCore;

/// <summary>The page's updates, as server-sent events: <c>about</c> once, then <c>frame</c> after <c>frame</c>. They end when the client goes, or the application begins to stop.</summary>
internal static class LiveEventsEndpoint
{
    private static ReadOnlySpan<byte> EndOfEvent => "\n\n"u8;

    public static async Task RunAsync(HttpContext context, LiveSource source)
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        HttpResponse response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no"; // For proxies that keep back what is small.

        using LiveSubscription subscription = source.Sampler.Watch();
        Write(response.BodyWriter, "event: about\ndata: "u8, JsonSerializer.SerializeToUtf8Bytes(source.Describe(), LiveJson.Default.LiveAbout));
        await response.BodyWriter.FlushAsync(context.RequestAborted);
        try
        {
            await foreach (byte[] frame in subscription.Frames.ReadAllAsync(context.RequestAborted))
            {
                Write(response.BodyWriter, "event: frame\ndata: "u8, frame);
                if ((await response.BodyWriter.FlushAsync(context.RequestAborted)).IsCompleted)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody watches any more.
        }
    }

    private static void Write(PipeWriter writer, ReadOnlySpan<byte> start, byte[] json)
    {
        writer.Write(start);
        writer.Write(json); // Without line ends: JSON escapes them.
        writer.Write(EndOfEvent);
    }
}
