using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Dispatch.Examples.Quickstart;

/// <summary>The same job on what .NET brings: <see cref="RandomAccess"/>, sockets and the thread pool, with as many readers and clients.</summary>
internal sealed class DotNetJob(IReadOnlyList<TreeFile> files, int readers)
{
    /// <summary>Runs it.</summary>
    /// <returns>Whether every question got exactly one answer.</returns>
    public async Task<bool> RunAsync()
    {
        FileDigest[] digests = new FileDigest[files.Count];
        await Parallel.ForAsync(0, files.Count, new ParallelOptions { MaxDegreeOfParallelism = readers }, async (i, _) => digests[i] = await DigestAsync(files[i]));
        return await AskAsync(new DigestBook(digests));
    }

    private static async ValueTask<FileDigest> DigestAsync(TreeFile file)
    {
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(HashLane.ChunkBytes);
        try
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using SafeFileHandle open = File.OpenHandle(file.FullPath, options: FileOptions.Asynchronous);
            long offset = 0;
            while (await RandomAccess.ReadAsync(open, buffer.AsMemory(0, HashLane.ChunkBytes), offset) is int count and > 0)
            {
                hash.AppendData(buffer.AsSpan(0, count));
                offset += count;
            }

            return new FileDigest(file, FileOutcome.Digested, offset, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return FileDigest.Failed(file, e);
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<bool> AskAsync(DigestBook book)
    {
        QuestionRound round = new(book);
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(QuestionRound.Clients);
        Task serving = Task.WhenAll(Enumerable.Range(0, QuestionRound.Clients).Select(async _ =>
        {
            Socket accepted = await listener.AcceptAsync();
            accepted.NoDelay = true;
            await using SocketLines client = new(accepted);
            await book.ServeAsync(client, default);
        }));
        await Task.WhenAll(Enumerable.Range(0, QuestionRound.Clients).Select(async number =>
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await using SocketLines server = new(socket);
            await socket.ConnectAsync(listener.LocalEndPoint!);
            await round.AskAsync(number, server);
        }));
        await serving;
        return round.IsComplete;
    }
}
