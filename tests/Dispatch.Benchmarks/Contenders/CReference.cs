using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Dispatch.Benchmarks;

/// <summary>
/// One of the C programs in reference/, compiled when first needed. The executable is kept in a folder under the temporary one, named by its
/// source and compiler flags, so that it is compiled again only when one of these changes.
/// </summary>
internal sealed class CReference(string name, params string[] arguments) : IProgram
{
    private const string Flags = "-O2 -std=gnu11 -pthread -Wall -Wextra";

    public async Task<ProcessStartInfo> PrepareAsync(CancellationToken cancellationToken) =>
        new(await BuildAsync(cancellationToken), arguments);

    private static string ReadSource(string file)
    {
        using Stream stream = typeof(CReference).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"{file} is not among the embedded sources.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static string CacheFolder()
    {
        // What lies here is executed: nobody else may write to it.
        string folder = Path.Combine(Path.GetTempPath(), $"dispatch-benchmarks-{System.Environment.UserName}");
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if ((File.GetUnixFileMode(folder) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0)
        {
            throw new ContenderFailedException($"{folder} can be written by others; remove it");
        }

        return folder;
    }

    private async Task<string> BuildAsync(CancellationToken cancellationToken)
    {
        string source = ReadSource($"{name}.c");
        string[] libraries = source.Contains("<liburing.h>", StringComparison.Ordinal) ? ["-luring"] : [];
        byte[] key = SHA256.HashData(Encoding.UTF8.GetBytes($"{Flags}\n{source}"));
        string folder = CacheFolder();
        string executable = Path.Combine(folder, $"{name}-{Convert.ToHexStringLower(key.AsSpan(0, 8))}");
        if (File.Exists(executable))
        {
            return executable;
        }

        // Another run may be compiling the same: each compiles to a name of its own, and the move is atomic.
        string unfinished = $"{executable}.{System.Environment.ProcessId}";
        var start = new ProcessStartInfo("gcc", [.. Flags.Split(' '), "-x", "c", "-", "-o", unfinished, .. libraries])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        Process compiler;
        try
        {
            compiler = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new ContenderMissingException("gcc is not installed");
        }

        using (compiler)
        {
            Task<string> messages = compiler.StandardError.ReadToEndAsync(cancellationToken);
            await compiler.StandardInput.WriteAsync(source.AsMemory(), cancellationToken);
            compiler.StandardInput.Close();
            await compiler.WaitForExitAsync(cancellationToken);
            if (compiler.ExitCode != 0)
            {
                string output = await messages;
                throw output.Contains("liburing.h: No such file", StringComparison.Ordinal) || output.Contains("cannot find -luring", StringComparison.Ordinal)
                    ? new ContenderMissingException("liburing's headers are not installed (Debian: liburing-dev)")
                    : new ContenderFailedException($"gcc does not compile {name}.c: {output.Trim()}");
            }
        }

        File.Move(unfinished, executable, overwrite: true);
        return executable;
    }
}
