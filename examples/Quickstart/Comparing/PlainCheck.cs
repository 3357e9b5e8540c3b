using System.Security.Cryptography;

namespace Dispatch.Examples.Quickstart;

/// <summary>The second computation: no loops, nothing asynchronous, one stream after the other.</summary>
internal sealed class PlainCheck
{
    private int done;

    /// <summary>Gets how many files were checked so far. Any thread.</summary>
    public long Done => Volatile.Read(ref done);

    /// <summary>Computes every digest again. Blocks.</summary>
    /// <param name="digests">What the loops found out.</param>
    /// <returns>The same, but for files that changed or vanished meanwhile, and for digests that are not equal.</returns>
    public FileDigest[] Run(IReadOnlyList<FileDigest> digests)
    {
        FileDigest[] checkedDigests = new FileDigest[digests.Count];
        Parallel.For(0, digests.Count, i =>
        {
            checkedDigests[i] = digests[i].Outcome == FileOutcome.Digested ? Check(digests[i]) : digests[i];
            Interlocked.Increment(ref done);
        });
        return checkedDigests;
    }

    private static FileDigest Check(FileDigest digest)
    {
        TreeFile file = digest.File;
        try
        {
            if (!File.Exists(file.FullPath) || !file.HasChanged())
            {
                using FileStream stream = File.OpenRead(file.FullPath);
                if (Convert.ToHexStringLower(SHA256.HashData(stream)) == digest.Digest)
                {
                    return digest;
                }
            }

            return file.HasChanged()
                ? digest with { Outcome = FileOutcome.Changed, Reason = "it was written to meanwhile" }
                : digest with { Outcome = FileOutcome.Different, Reason = "the plain computation got another digest" };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return FileDigest.Failed(file, e);
        }
    }
}
