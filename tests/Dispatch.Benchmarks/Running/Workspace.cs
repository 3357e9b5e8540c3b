using System.Security.Cryptography;

namespace Dispatch.Benchmarks;

/// <summary>What contenders of one run share. Deleted with the run.</summary>
internal sealed class Workspace(string folder) : IDisposable
{
    public const int BlockSize = 4096;

    private const int Blocks = 4 * 1024;

    private string? testFile;

    /// <summary>
    /// A file of 16 MiB that is in the page cache. Block N begins with the number N (8 bytes, little endian), so that every read can be checked.
    /// </summary>
    public string TestFile()
    {
        if (testFile is null)
        {
            string path = Path.Combine(folder, $"dispatch-benchmark-{Guid.NewGuid():N}.dat");
            testFile = path;
            var block = new byte[BlockSize];
            RandomNumberGenerator.Fill(block);
            using FileStream file = File.Create(path);
            for (long number = 0; number < Blocks; number++)
            {
                BitConverter.TryWriteBytes(block, number);
                file.Write(block);
            }

            file.Flush(flushToDisk: true);
        }

        return testFile;
    }

    public void Dispose()
    {
        if (testFile is not null)
        {
            File.Delete(testFile);
        }
    }
}
