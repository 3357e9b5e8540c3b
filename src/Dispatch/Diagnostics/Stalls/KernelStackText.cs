using System.Globalization;
using System.Text;

namespace Dispatch;

/// <summary>Where a thread of this process is in the kernel, from <c>/proc/self/task</c>, as far as the system lets one see. Any thread.</summary>
internal static class KernelStackText
{
    /// <summary>Describes it, or returns null when nothing can be read.</summary>
    public static string? Of(long thread)
    {
        string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{thread}/");
        string? state = StateOf(Read(folder + "stat"));
        string? call = CallOf(Read(folder + "syscall"));
        if (state is null && call is null)
        {
            return null;
        }

        StringBuilder text = new();
        text.Append(state ?? "in an unknown state");
        if (call is not null)
        {
            text.Append(", in ").Append(call);
        }

        if (Read(folder + "wchan") is { Length: > 0 } place && place != "0")
        {
            text.Append(", at ").Append(place);
        }

        if (Read(folder + "stack") is { Length: > 0 } stack)
        {
            text.Append('\n').Append(stack); // The superuser's to read, as a rule.
        }

        return text.ToString();
    }

    /// <summary>Gets the state from a line of <c>proc_pid_stat(5)</c>: the letter behind the name, which is in brackets and may hold brackets.</summary>
    internal static string? StateOf(string? stat)
    {
        int end = stat?.LastIndexOf(')') ?? -1;
        return end < 0 || end + 2 >= stat!.Length ? null : stat[end + 2] switch
        {
            'R' => "running",
            'S' => "asleep",
            'D' => "asleep and not to be woken (a disk, as a rule)",
            'T' => "stopped by a signal",
            't' => "stopped by a debugger",
            'Z' or 'X' => "dead",
            char other => $"in state {other}",
        };
    }

    /// <summary>Gets the call's name from a line of <c>proc_pid_syscall(5)</c>: its number and arguments; "running"; or −1 where it is blocked in no call.</summary>
    internal static string? CallOf(string? line)
    {
        int end = line?.IndexOf(' ', StringComparison.Ordinal) ?? -1;
        return end > 0 && long.TryParse(line.AsSpan(0, end), NumberStyles.Integer, CultureInfo.InvariantCulture, out long number) && number >= 0
            ? SystemCallTable.NameOf(number)
            : null;
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path).TrimEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // Not for us, or the thread has ended.
        }
    }
}
