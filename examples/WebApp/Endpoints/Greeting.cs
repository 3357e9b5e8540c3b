using System.Buffers;

namespace Dispatch.Examples.WebApp.Endpoints;

/// <summary>The least that a server can do, in two formats.</summary>
internal static class Greeting
{
    private const string Text = "Hello, World!";

    private static ReadOnlySpan<byte> Bytes => "Hello, World!"u8;

    /// <summary>Answers in words.</summary>
    public static Task PlainText(HttpContext context)
    {
        HttpResponse response = context.Response;
        response.ContentType = "text/plain";
        response.ContentLength = Bytes.Length;
        response.BodyWriter.Write(Bytes); // Sent with the headers when the request ends.
        return Task.CompletedTask;
    }

    /// <summary>Answers with an object.</summary>
    public static Task Json(HttpContext context) => context.Response.WriteAsJsonAsync(new GreetingMessage(Text), WebAppJson.Default.GreetingMessage);
}
