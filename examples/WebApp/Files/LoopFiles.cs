using System.IO.Pipelines;

namespace Dispatch.Examples.WebApp.Files;

/// <summary>
/// Files by way of loops. A request that runs on a loop has its files there, too, so that neither connection nor file changes threads. What is read goes into the response's own buffers and what is written comes out of the request's:
/// nothing is copied in between.
/// </summary>
internal sealed class LoopFiles(Dispatcher dispatcher) : IFileStore
{
    private const int ReadBytes = 64 * 1024;

    private static readonly FileOpenOptions ForReading = new() { FollowLinks = false, WaitForPeer = false };
    private static readonly FileOpenOptions ForWriting = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };

    private EventLoop Loop => EventLoop.Current ?? dispatcher.NextLoop();

    public async Task ServeAsync(HttpContext context, string path)
    {
        DispatchFile file;
        try
        {
            file = await DispatchFile.OpenAsync(path, ForReading, Loop);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        await using (file)
        {
            FileStatus status = await file.GetStatusAsync();
            if (status.Kind != FileKind.Regular)
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }

            context.Response.ContentType = "application/octet-stream";
            context.Response.ContentLength = status.Length;
            await CopyAsync(file, status.Length, context.Response.BodyWriter, context.RequestAborted);
        }
    }

    public async Task<long> StoreAsync(PipeReader body, string part, string path, CancellationToken token)
    {
        try
        {
            long length = await WriteAsync(body, part, token);
            await Loop.ExecuteAsync(IoRequest.Rename(part, path), CancellationToken.None);
            return length;
        }
        catch
        {
            await Loop.CompleteAsync(IoRequest.Unlink(part), CancellationToken.None); // Whether it was there yet or not.
            throw;
        }
    }

    private static async Task CopyAsync(DispatchFile file, long length, PipeWriter output, CancellationToken aborted)
    {
        for (long offset = 0; offset < length;)
        {
            Memory<byte> memory = output.GetMemory((int)Math.Min(ReadBytes, length - offset));
            memory = memory[..(int)Math.Min(memory.Length, length - offset)];
            if (!file.Loop.IsOwner || !file.TryReadCached(memory.Span, offset, out int count))
            {
                count = await file.ReadAsync(memory, offset, CancellationToken.None);
            }

            if (count == 0)
            {
                throw new EndOfStreamException($"'{file.Path}' has become shorter while it was being sent."); // The response is cut off, which tells the client.
            }

            output.Advance(count);
            offset += count;
            if ((await output.FlushAsync(aborted)).IsCompleted)
            {
                return; // The client is gone.
            }
        }
    }

    private async Task<long> WriteAsync(PipeReader body, string path, CancellationToken token)
    {
        await using DispatchFile file = await DispatchFile.OpenAsync(path, ForWriting, Loop, CancellationToken.None);
        BodyPieces pieces = new(body);
        long length = 0;
        do
        {
            await pieces.ReadAsync(token);
            await file.WriteAsync(pieces.Pieces, length, CancellationToken.None);
            length += pieces.Length;
            pieces.Advance();
        }
        while (!pieces.IsLast);

        await file.FlushAsync(cancellationToken: CancellationToken.None);
        return length;
    }
}
