using System.Security.Cryptography;

namespace Dispatch.Benchmarks;

/// <summary>What contenders of one run share. Deleted with the run.</summary>
internal sealed class Workspace(string folder) : IDisposable
{
    public const int BlockSize = 4096;

    public const int SmallFileCount = 1000;

    private const int Blocks = 4 * 1024;

    private const string UploadLua =
        """
        local requests = {}
        local turn = 0
        init = function()
          for i = 1, 64 do
            requests[i] = wrk.format("PUT", "/upload/benchmark-" .. i, nil, string.rep("x", 1048576))
          end
        end
        request = function()
          turn = turn % 64 + 1
          return requests[turn]
        end
        """;

    private string? testFile;
    private string? smallFiles;
    private string? uploadScript;

    /// <summary>The name of a small file.</summary>
    public static string NameOf(int number) => $"small-{number:D4}";

    /// <summary>The length of a small file: 1 to 4 KiB.</summary>
    public static int LengthOf(int number) => 1024 + ((number * 37) % 3073);

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

    /// <summary>A folder with 1,000 small files that are in the page cache. Each begins with its number (4 bytes, little endian) and has a length of its own, so that every read can be checked.</summary>
    public string SmallFiles()
    {
        if (smallFiles is null)
        {
            smallFiles = Path.Combine(folder, $"dispatch-benchmark-{Guid.NewGuid():N}");
            Directory.CreateDirectory(smallFiles);
            for (int number = 0; number < SmallFileCount; number++)
            {
                byte[] content = new byte[LengthOf(number)];
                BitConverter.TryWriteBytes(content, number);
                File.WriteAllBytes(Path.Combine(smallFiles, NameOf(number)), content);
            }
        }

        return smallFiles;
    }

    /// <summary>A script for wrk that uploads a mebibyte again and again, under 64 names in turn.</summary>
    public string UploadScript()
    {
        if (uploadScript is null)
        {
            uploadScript = Path.Combine(folder, $"dispatch-benchmark-{Guid.NewGuid():N}.lua");
            File.WriteAllText(uploadScript, UploadLua);
        }

        return uploadScript;
    }

    public void Dispose()
    {
        if (uploadScript is not null)
        {
            File.Delete(uploadScript);
        }

        if (smallFiles is not null)
        {
            Directory.Delete(smallFiles, recursive: true);
        }

        if (testFile is not null)
        {
            File.Delete(testFile);
        }
    }
}
