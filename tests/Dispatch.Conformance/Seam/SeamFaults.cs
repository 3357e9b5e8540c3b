namespace Dispatch.Conformance;

/// <summary>What goes wrong between a loop and its kernel, on any kernel: what a kernel under pressure answers, and no test can bring about. Nothing, unless a test asks.</summary>
internal sealed class SeamFaults
{
    /// <summary>Gets or sets how the next enters fail: an errno, and how often.</summary>
    public (int Errno, int Times) Enter { get; set; }

    /// <summary>Gets or sets how many entries one enter takes at most; 0 for all.</summary>
    public int SubmitAtMost { get; set; }

    /// <summary>Gets or sets how many bytes a read, a write or a send does at most; 0 for as many as it will.</summary>
    public int BytesAtMost { get; set; }

    /// <summary>Gets the enters that failed on purpose.</summary>
    public int Failed { get; private set; }

    /// <summary>Gets the enters that took less than there was.</summary>
    public int Partial { get; private set; }

    /// <summary>Gets the requests that were cut.</summary>
    public int Shortened { get; private set; }

    /// <summary>Says whether this enter fails.</summary>
    public bool TryFail(out int errno)
    {
        (errno, int times) = Enter;
        if (times <= 0)
        {
            return false;
        }

        Enter = (errno, times - 1);
        Failed++;
        return true;
    }

    /// <summary>Says how many of the pending entries go.</summary>
    public uint Limit(uint pending)
    {
        if (SubmitAtMost == 0 || pending <= SubmitAtMost)
        {
            return pending;
        }

        Partial++;
        return (uint)SubmitAtMost;
    }

    /// <summary>Cuts a request that moves bytes.</summary>
    public void Shorten(ref SubmissionEntry entry)
    {
        if (BytesAtMost != 0 && entry.Opcode is Opcode.Read or Opcode.Write or Opcode.Send or Opcode.ReadFixed or Opcode.WriteFixed && entry.Length > BytesAtMost && BytesAtMost != 0)
        {
            entry.Length = (uint)BytesAtMost;
            Shortened++;
        }
    }
}
