using System.Reflection;

namespace Dispatch.Examples;

/// <summary>One command that works where the kernel refused a ring.</summary>
internal static class KernelRemedy
{
    private const string RunHere = "Run this instead, from the repository's folder on the machine itself:";
    private const string Container = "docker run --rm -v \"$PWD\":/dispatch -w /dispatch";
    private const string Image = "mcr.microsoft.com/dotnet/sdk:10.0";

    /// <summary>Finds the command.</summary>
    /// <param name="exception">The refusal.</param>
    /// <param name="arguments">The program's arguments, so that the command does what was asked for.</param>
    /// <returns>One line.</returns>
    public static string For(KernelUnavailableException exception, string[] arguments)
    {
        string program = Assembly.GetEntryAssembly()!.GetName().Name!;
        string run = string.Join(' ', [$"dotnet run --project examples/{program} -c Release --", .. arguments.Select(Quote)]);
        return exception.Reason switch
        {
            KernelUnavailableReason.Forbidden when IsSwitchedOff() => "Run this, then try again: sudo sysctl -w kernel.io_uring_disabled=0",
            KernelUnavailableReason.Forbidden => $"{RunHere} {Container} --security-opt seccomp=unconfined {Image} {run}",
            KernelUnavailableReason.LockedMemoryLimit => $"Run this instead: sudo prlimit --memlock=unlimited --pid $$ && {run}",
            KernelUnavailableReason.DescriptorLimit => $"Run this instead: sudo prlimit --nofile=65536 --pid $$ && {run}",
            _ => exception.Remedy,
        };
    }

    private static bool IsSwitchedOff()
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/io_uring_disabled").Trim() != "0";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // Kernels before 6.6 have no such switch, and a hardened /proc hides it.
        }
    }

    private static string Quote(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:,=+".Contains(c, StringComparison.Ordinal))
            ? argument
            : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
