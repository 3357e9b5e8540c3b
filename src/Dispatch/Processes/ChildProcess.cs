using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// A process whose end a loop waits for: by its pidfd, in the ring, without a thread and without SIGCHLD. <c>pidfd_open(2)</c>, Linux 5.3; the exit status by <c>waitid(2)</c>.
/// </summary>
/// <remarks>
/// <para>Who reaps: a process that was started by .NET (<see cref="Start"/>, or <see cref="Process"/>) is reaped by .NET's own SIGCHLD handling, which knows its children; Dispatch looks at the status and leaves it there (WNOWAIT), and where
/// .NET was faster, asks the kernel (PIDFD_GET_INFO, Linux 6.15) or the <see cref="Process"/>. A child that was started otherwise (by native code) is reaped here only if <see cref="Adopt"/> was told so; else its starter has to. Of a process that
/// is no child the end is seen, and its status where the kernel tells it.</para>
/// <para><see cref="Exits"/> brings one item and ends; so it does for every consumer that comes later. Closing waits for nothing and ends no process. Callbacks run on the owner. The simulated kernel has no processes.</para>
/// </remarks>
public sealed class ChildProcess : DispatchHandle
{
    private readonly ChildExits exits;

    private ChildProcess(LoopEngine engine, OwnedDescriptor descriptor, int id, Process? process, bool reaps)
        : base(engine, descriptor)
    {
        Id = id;
        Process = process;
        exits = new ChildExits(this, reaps);
    }

    /// <summary>Gets the number of the process.</summary>
    public int Id { get; }

    /// <summary>Gets .NET's object of a process that <see cref="Start"/> has started, for its redirected streams; null for an adopted one. It is the caller's to dispose.</summary>
    public Process? Process { get; }

    /// <summary>Gets the end of the process as a stream of one item.</summary>
    public LoopStream<ChildExit> Exits => exits;

    /// <summary>Starts a program. The call itself blocks for as long as a fork and exec take. Any thread.</summary>
    /// <param name="start">What to start, and how.</param>
    /// <param name="loop">The loop that will own it; by default the calling thread's.</param>
    /// <returns>The process; close it.</returns>
    /// <exception cref="System.ComponentModel.Win32Exception">It could not be started.</exception>
    /// <exception cref="NotSupportedException">The loop's kernel has no processes.</exception>
    public static ChildProcess Start(ProcessStartInfo start, EventLoop? loop = null)
    {
        ArgumentNullException.ThrowIfNull(start);
        LoopEngine engine = EventLoop.Required(loop).Engine;
        engine.Ring.Calls.VerifyProcesses("Child processes");
        Process process = Process.Start(start) ?? throw new InvalidOperationException("No process was started.");
        int number = engine.Ring.Calls.OpenProcess(process.Id);

        // It may have ended and been reaped by now; its number may even be another's, which is how a descriptor can be wrong that was opened. A process that has not been reaped after the opening is the one that was opened.
        if (number < 0 || process.HasExited)
        {
            if (number >= 0)
            {
                _ = engine.Ring.Calls.Close(number);
            }
            else if (number != -Errno.ESRCH && !process.HasExited)
            {
                throw ErrorMap.ForFile("pidfd_open", number);
            }

            number = -1;
        }

        return new(engine, new OwnedDescriptor(number, engine.Ring.Calls), process.Id, process, reaps: false);
    }

    /// <summary>Waits for the end of a process that is there already. Any thread.</summary>
    /// <param name="processId">Its number. That it is still the process meant is the caller's to know: a child that nobody has reaped keeps its number.</param>
    /// <param name="reap">Whether to reap it when it has ended: for children that neither .NET nor anybody else in this process waits for.</param>
    /// <param name="loop">The loop that will own it; by default the calling thread's.</param>
    /// <returns>The process; close it.</returns>
    /// <exception cref="ArgumentException">There is no such process.</exception>
    /// <exception cref="NotSupportedException">The loop's kernel has no processes.</exception>
    public static ChildProcess Adopt(int processId, bool reap = false, EventLoop? loop = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(processId, 1);
        LoopEngine engine = EventLoop.Required(loop).Engine;
        engine.Ring.Calls.VerifyProcesses("Child processes");
        int number = engine.Ring.Calls.OpenProcess(processId);
        return number switch
        {
            >= 0 => new(engine, new OwnedDescriptor(number, engine.Ring.Calls), processId, null, reap),
            -Errno.ESRCH => throw new ArgumentException($"There is no process {processId}.", nameof(processId)),
            _ => throw ErrorMap.ForFile("pidfd_open", number),
        };
    }

    /// <summary>Waits for the end of the process. Any thread.</summary>
    /// <param name="cancellationToken">Ends the waiting, not the process.</param>
    /// <returns>How it has ended.</returns>
    /// <exception cref="ObjectDisposedException">The handle was closed, or the loop has ended, before the process did.</exception>
    public Task<ChildExit> WaitForExitAsync(CancellationToken cancellationToken = default) =>
        Engine.IsOwner ? exits.WaitAsync(cancellationToken) : Loop.InvokeAsync(() => exits.WaitAsync(cancellationToken));

    /// <summary>Sends a signal, to this process and no other: not to one that has got its number since. <c>pidfd_send_signal(2)</c>; Linux 5.1. Owner thread only.</summary>
    /// <param name="signal">The signal's number, or a <see cref="PosixSignal"/> above 0.</param>
    /// <returns>False when the process has ended.</returns>
    public bool Signal(int signal)
    {
        Engine.VerifyOwner();
        ArgumentOutOfRangeException.ThrowIfNegative(signal);
        ObjectDisposedException.ThrowIf(IsClosed, this);
        int result = OwnedDescriptor.Number < 0 ? -Errno.ESRCH : Engine.Ring.Calls.SignalProcess(OwnedDescriptor.Number, signal);
        return result == 0 || (result == -Errno.ESRCH ? false : throw ErrorMap.ForFile("pidfd_send_signal", result));
    }

    private protected override void OnClosing() => exits.Close();
}
