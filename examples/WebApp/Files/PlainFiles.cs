using System.IO.Pipelines;
using Microsoft.Win32.SafeHandles;

namespace Dispatch.Examples.WebApp.Files;

/// <summary>Files as ASP.NET Core and .NET have them.</summary>
internal sealed class PlainFiles : IFileStore
{
    public async Task ServeAsync(HttpContext context, string path)
    {
        FileInfo file = new(path);
        if (!file.Exists || file.LinkTarget is not null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = file.Length;
        await context.Response.SendFileAsync(path, context.RequestAborted);
    }

    public async Task<long> StoreAsync(PipeReader body, string part, string path, CancellationToken token)
    {
        try
        {
            long length = await WriteAsync(body, part, token);
            File.Move(part, path, overwrite: true);
            return length;
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    private static async Task<long> WriteAsync(PipeReader body, string path, CancellationToken token)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.Asynchronous);
        BodyPieces pieces = new(body);
        long length = 0;
        do
        {
            await pieces.ReadAsync(token);
            await RandomAccess.WriteAsync(file, pieces.Pieces, length, CancellationToken.None);
            length += pieces.Length;
            pieces.Advance();
        }
        while (!pieces.IsLast);

        RandomAccess.FlushToDisk(file);
        return length;
    }
}
