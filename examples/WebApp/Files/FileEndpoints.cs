using Microsoft.AspNetCore.Http.Features;

namespace Dispatch.Examples.WebApp.Files;

/// <summary>Downloads and uploads.</summary>
internal static class FileEndpoints
{
    private const long MostUploadBytes = 1L << 30;

    public static void MapFiles(this IEndpointRouteBuilder endpoints)
    {
        FileFolder folder = endpoints.ServiceProvider.GetRequiredService<FileFolder>();
        IFileStore store = endpoints.ServiceProvider.GetRequiredService<IFileStore>();
        endpoints.MapGet("/file/{name}", context => ServeAsync(context, folder, store));
        endpoints.MapPost("/upload", context => StoreAsync(context, folder, store, $"upload-{Guid.NewGuid():N}"));
        endpoints.MapMethods("/upload/{name}", ["POST", "PUT"], context => StoreAsync(context, folder, store, NameOf(context)));
    }

    private static string NameOf(HttpContext context) => (string)context.Request.RouteValues["name"]!;

    private static Task ServeAsync(HttpContext context, FileFolder folder, IFileStore store)
    {
        if (folder.PathOf(NameOf(context)) is { } path)
        {
            return store.ServeAsync(context, path);
        }

        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        return Task.CompletedTask;
    }

    private static async Task StoreAsync(HttpContext context, FileFolder folder, IFileStore store, string name)
    {
        if (folder.PathOf(name) is not { } path)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MostUploadBytes;
        }

        long length;
        try
        {
            length = await store.StoreAsync(context.Request.BodyReader, folder.PathOfPart(), path, context.RequestAborted);
        }
        catch (Exception e) when ((e is IOException or UnauthorizedAccessException) && Directory.Exists(path))
        {
            context.Response.StatusCode = StatusCodes.Status409Conflict;
            return;
        }

        await context.Response.WriteAsJsonAsync(new StoredFile(name, length), WebAppJson.Default.StoredFile);
    }
}
