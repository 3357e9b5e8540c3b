namespace Dispatch;

/// <summary>How a process has ended.</summary>
/// <param name="ProcessId">Its number, which by now may be another's.</param>
/// <param name="ExitCode">What it returned; null when a signal ended it, or when that cannot be known: it is no child of this process, and the kernel (before Linux 6.15) does not say.</param>
/// <param name="Signal">The signal that ended it, or null.</param>
/// <param name="DumpedCore">Whether it left a dump.</param>
public readonly record struct ChildExit(int ProcessId, int? ExitCode, int? Signal, bool DumpedCore)
{
    /// <summary>Gets a value indicating whether it returned 0.</summary>
    public bool IsSuccess => ExitCode == 0;

    /// <summary>Reads a wait status, as <c>wait(2)</c> encodes it; negative: not known.</summary>
    internal static ChildExit FromStatus(int processId, long status)
    {
        const int SignalMask = 0x7f;
        const int CoreBit = 0x80;
        int signal = (int)status & SignalMask;
        return status < 0 ? new(processId, null, null, false)
            : signal == 0 ? new(processId, (int)(status >> 8) & 0xff, null, false)
            : new(processId, null, signal, (status & CoreBit) != 0);
    }
}
