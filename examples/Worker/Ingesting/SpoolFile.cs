using System.Buffers;
using System.Text;
using Dispatch.Examples.Worker.Segments;

namespace Dispatch.Examples.Worker.Ingesting;

/// <summary>A spooled file that was read: a record to be.</summary>
internal sealed class SpoolFile : IDisposable
{
    private readonly byte[] buffer;
    private readonly int length;

    private SpoolFile(string path, byte[] buffer, int length)
    {
        Path = path;
        this.buffer = buffer;
        this.length = length;
        Start = RecordHeader.Write(Encoding.UTF8.GetBytes(Name), Content.Span);
    }

    public string Path { get; }

    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>Gets the record's header and name.</summary>
    public ReadOnlyMemory<byte> Start { get; }

    /// <summary>Gets what was in the file.</summary>
    public ReadOnlyMemory<byte> Content => buffer.AsMemory(0, length);

    /// <summary>Gets the record as it would be found again.</summary>
    public StoredRecord AsStored => RecordHeader.TryRead(Start.Span, out RecordHeader header) ? new StoredRecord(Name, length, header.Checksum) : default;

    /// <summary>Reads a file whole. Null when it is gone, is too large, or is no file.</summary>
    public static async Task<SpoolFile?> TryReadAsync(string path, Action<string> refused)
    {
        DispatchFile file;
        try
        {
            // Somebody may put a FIFO or a link there: neither is waited for or followed.
            file = await DispatchFile.OpenAsync(path, new FileOpenOptions { FollowLinks = false, WaitForPeer = false });
        }
        catch (Exception e) when (e is FileNotFoundException or UnauthorizedAccessException or IOException)
        {
            refused(e.Message);
            return null;
        }

        await using (file)
        {
            FileStatus status = await file.GetStatusAsync();
            if (status.Kind != FileKind.Regular || status.Length > RecordHeader.MaxContentLength)
            {
                refused($"'{path}' is left where it is: it is {(status.Kind != FileKind.Regular ? "no regular file" : $"{status.Length} bytes long, and {RecordHeader.MaxContentLength} are allowed")}.");
                return null;
            }

            byte[] buffer = ArrayPool<byte>.Shared.Rent((int)status.Length + 1);
            int length = 0;
            while (length <= status.Length && await file.ReadAsync(buffer.AsMemory(length), length) is > 0 and int count)
            {
                length += count;
            }

            return new SpoolFile(path, buffer, length);
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
}
