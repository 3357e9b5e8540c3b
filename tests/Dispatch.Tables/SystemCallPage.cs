using System.Globalization;
using System.Text;

namespace Dispatch.Tables;

/// <summary>The safety table as a page for people.</summary>
internal static class SystemCallPage
{
    public static string Render(DataTable table)
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"<!-- Made from syscalls.tsv by: {GeneratedFile.Command}. Change the data, not this. -->");
        text.AppendLine(
            """
            # Which system calls are safe to make asynchronously

            Every system call of x86-64 and arm64 that Linux 6.18 has, and what `IoRequest.Syscall` does with it:

            - **ring**: the loop's own ring has an operation that means the same; it is used where the kernel has it and the arguments fit, else the call is a worker's.
            - **worker**: a worker thread of the loop makes the call. Calls that can wait for ever have workers of their own, so that however many hang, the others go on. None of them goes to a kernel worker.
            - **refused**: the factory throws, with the reason; `SyscallAllowUnsafe` has it made all the same, by a worker.

            *Waits*: whether it can wait for ever, for somebody else. *Interrupted*: what a cancel does to a call that a worker is in. `again`: it ends; by another signal than ours nothing is lost, and it is made again. `tell`: it ends, and
            so it does by another signal, with EINTR, because time, or a part of the work, has gone by. `no`: it ends by itself, and soon but for a device that does not answer. *Makes*: the result is a descriptor, which is closed when nobody is left to take it.
            *Context*: what it is about besides its arguments: `user`, whom the kernel takes the thread for (`WithCredentials` changes that); `thread`, the thread that makes it; `process` and `address space`, all of the process.

            | call | x86-64 | arm64 | class | ring operation | waits | interrupted | makes | context | why |
            |---|---|---|---|---|---|---|---|---|---|
            """);
        foreach (string[] row in table.Rows.OrderBy(r => table[r, "name"], StringComparer.Ordinal))
        {
            text.AppendLine("| " + string.Join(" | ", row) + " |");
        }

        return text.ToString();
    }
}
