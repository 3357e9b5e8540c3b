using System.Globalization;
using System.Text;

namespace Dispatch;

/// <summary>
/// A turn of a loop that took longer than <see cref="EventLoopOptions.StallThreshold"/>: while it lasted, nothing else of that loop went on. Reported once while it goes on, and once when it has ended.
/// </summary>
public sealed record LoopStall
{
    /// <summary>Gets the loop.</summary>
    public required EventLoop Loop { get; init; }

    /// <summary>Gets when the turn began.</summary>
    public required DateTimeOffset Began { get; init; }

    /// <summary>Gets how long it has taken so far; when it has ended, how long it took.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Gets a value indicating whether the turn has ended: the loop goes on.</summary>
    public required bool HasEnded { get; init; }

    /// <summary>
    /// Gets what the loop was handing over: a completion, by the name of the call that it is of (<c>recv</c>, <c>read</c>, <c>openat</c>), <c>posted</c> work, or a <c>timer</c>. Of a stall that ended before it was looked at, the last one of the turn.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>Gets the code that it was handed to, as <c>Type.Method</c>: the async method that continues, the posted delegate, the observer's type. Null where that is not known.</summary>
    public string? Callback { get; init; }

    /// <summary>Gets how many completions, posted items and timers the turn has handed over. Many of them: none need be to blame by itself.</summary>
    public required long Callbacks { get; init; }

    /// <summary>
    /// Gets the stack of the code that blocks, when it waits for a lock, a task or another wait handle of .NET's. Null when it does not: then it computes, sleeps, or is in a system call that <see cref="KernelState"/> names.
    /// Null also for code that asked for no context (<c>ConfigureAwait(false)</c>), whose waits nobody sees.
    /// </summary>
    public string? WaitsAt { get; init; }

    /// <summary>Gets where the thread is in the kernel, as far as the system lets one see (<c>proc_pid_stat(5)</c>, <c>proc_pid_syscall(5)</c>, <c>proc_pid_stack(5)</c>): running, or asleep in which system call.</summary>
    public string? KernelState { get; init; }

    /// <summary>Gets the stall in some lines of text.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{Loop.Name} {(HasEnded ? "was" : "is")} held up for {Elapsed.TotalMilliseconds:0} ms by {Callback ?? "code"} ({Kind}");
        text.Append(Callbacks == 1 ? ")" : string.Create(CultureInfo.InvariantCulture, $", callback {Callbacks} of its turn)"));
        Append(text, "thread", KernelState);
        Append(text, "waits", WaitsAt);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string name, string? value)
    {
        if (value is not null)
        {
            text.Append('\n').Append(name).Append(": ").Append(value.TrimEnd());
        }
    }
}
