using System.Buffers;

namespace Dispatch;

/// <summary>What few requests in flight keep alive: a third block of memory, a second handle, a message. Made at submit, disposed of at the terminal completion.</summary>
internal sealed unsafe class HeldExtras : IDisposable
{
    private MemoryHandle third;
    private object? other;
    private PinnedMessage? message;

    /// <summary>Initializes a new instance of the <see cref="HeldExtras"/> class. On an exception nothing stays taken.</summary>
    public HeldExtras(RequestExtras extras, ref SubmissionEntry entry)
    {
        try
        {
            if (!extras.Third.IsEmpty)
            {
                third = extras.Third.Pin();
                entry.Address3 = (ulong)third.Pointer;
            }

            if (extras.OtherTarget is { } handle)
            {
                int number = HandleReference.Take(handle);
                other = handle;
                SetOther(ref entry, number);
            }

            if (extras.Message is { } parts)
            {
                message = new PinnedMessage(parts);
                entry.Address = message.Address;
                entry.Length = 1;
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Writes the number of a request's second descriptor to where its opcode has it.</summary>
    public static void SetOther(ref SubmissionEntry entry, int number)
    {
        switch (entry.Opcode)
        {
            case Opcode.Splice or Opcode.Tee:
                entry.SpliceFd = number;
                break;
            case Opcode.EpollCtl:
                entry.Offset = (ulong)number;
                break;
            default:
                entry.Length = (uint)number; // Renameat and Linkat: the new path's directory.
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        third.Dispose();
        third = default;
        HandleReference.Release(other);
        other = null;
        message?.Dispose();
        message = null;
    }
}
