using System.IO.Pipelines;

namespace Dispatch.Examples.WebApp.Files;

/// <summary>A request's body in pieces as they lie in memory, many at a time: a write that waits for the file system costs about the same however long it is.</summary>
internal sealed class BodyPieces(PipeReader body)
{
    private const int AtLeast = 256 * 1024;

    private readonly List<ReadOnlyMemory<byte>> pieces = [];
    private ReadResult read;

    /// <summary>Gets the pieces that were read last, in order; until <see cref="Advance"/>.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Pieces => pieces;

    /// <summary>Gets how many bytes they are.</summary>
    public long Length => read.Buffer.Length;

    /// <summary>Gets a value indicating whether they are the last.</summary>
    public bool IsLast => read.IsCompleted;

    /// <summary>Reads more.</summary>
    public async ValueTask ReadAsync(CancellationToken token)
    {
        read = await body.ReadAtLeastAsync(AtLeast, token);
        pieces.Clear();
        foreach (ReadOnlyMemory<byte> piece in read.Buffer)
        {
            pieces.Add(piece);
        }
    }

    /// <summary>They were written, and the body's memory is free again.</summary>
    public void Advance() => body.AdvanceTo(read.Buffer.End);
}
