using System.Diagnostics;

namespace Dispatch.Tests.Interop;

/// <summary>gcc, run on a small program. A machine without it fails the test and says what to install: silence would look like agreement.</summary>
internal static class CCompiler
{
    private const string Missing =
        "gcc could not be started, so the layouts cannot be compared with the kernel's headers. Install it with the headers: apt-get install gcc libc6-dev linux-libc-dev.";

    /// <summary>Compiles without linking and returns what gcc said; an empty text when all is well.</summary>
    public static string Check(string folder, string file) =>
        Run("gcc", folder, ["-std=gnu17", "-fsyntax-only", "-fmax-errors=0", "-fno-diagnostics-show-caret", "-fdiagnostics-color=never", file]).Error;

    /// <summary>Lists the macros that a source defines, its own and those of the headers that it includes.</summary>
    public static string Preprocess(string folder, string file)
    {
        (int status, string output, string error) = Run("gcc", folder, ["-E", "-dM", file]);
        Assert.True(status == 0, $"gcc refused the headers:\n{error}");
        return output;
    }

    /// <summary>Compiles, links and runs a program, and returns what it printed.</summary>
    public static string CompileAndRun(string folder, string file)
    {
        string program = Path.Combine(folder, "program");
        (int status, _, string error) = Run("gcc", folder, ["-std=gnu17", "-Wall", "-Werror", "-o", program, file]);
        Assert.True(status == 0, $"gcc refused the generated program:\n{error}");
        (status, string output, error) = Run(program, folder, []);
        Assert.True(status == 0, $"The generated program ended with {status}:\n{error}");
        return output;
    }

    private static (int Status, string Output, string Error) Run(string program, string folder, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C"; // The messages are read.
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new InvalidOperationException(Missing, e);
        }

        using (process)
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output.Result, error);
        }
    }
}
