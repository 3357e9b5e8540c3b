namespace Dispatch;

/// <summary>When a step counts as failed, for the chain behind it and for completions that only failures post.</summary>
internal static class EmulatedOutcome
{
    /// <summary>Says whether a terminal result is a failure.</summary>
    public static bool IsFailure(EmulatedRequest request, int result)
    {
        if (result < 0)
        {
            if (request.Opcode is Opcode.SendZc or Opcode.SendmsgZc && result == unchecked((int)IoUringAbi.IORING_NOTIF_USAGE_ZC_COPIED))
            {
                return false; // What a notification says is no errno.
            }

            return request.Opcode != Opcode.Timeout || result != -Errno.ETIME || (request.Entry.OperationFlags & IoUringAbi.IORING_TIMEOUT_ETIME_SUCCESS) == 0;
        }

        return request.Expected >= 0 && result != request.Expected;
    }

    /// <summary>
    /// How many bytes a request has to move, or −1 where fewer are a success too: sends and receives that were not asked to move all. For vectors the back end knows, which reads them.
    /// </summary>
    public static long ExpectedOf(in SubmissionEntry entry) => entry.Opcode switch
    {
        Opcode.Read or Opcode.Write or Opcode.ReadFixed or Opcode.WriteFixed => entry.Length,
        Opcode.Send or Opcode.Recv when (entry.OperationFlags & (uint)MessageFlags.WaitAll) != 0 => entry.Length,
        _ => -1,
    };
}
