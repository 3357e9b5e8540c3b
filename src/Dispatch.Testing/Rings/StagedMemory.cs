namespace Dispatch.Testing;

/// <summary>
/// The memory of requests that are staged and not yet submitted: it is lent already, and what is to be sent or written must not change before the kernel looks at it for the first time. Entries are submitted in the
/// order in which they are staged.
/// </summary>
internal sealed unsafe class StagedMemory(SimulatedKernel kernel)
{
    private readonly Queue<(ulong Tag, ulong Address, int Length, byte[]? Copy)> entries = new();
    private readonly Stack<byte[]> idle = new();

    /// <summary>An entry was staged.</summary>
    public void Add(in SubmissionEntry entry)
    {
        byte[]? copy = null;
        int length = 0;
        if (entry.Opcode is Opcode.Send or Opcode.Write or Opcode.WriteFixed && entry.Address >= 65_536 && entry.Length is > 0 and < int.MaxValue)
        {
            length = (int)entry.Length;
            copy = idle.TryPop(out byte[]? kept) && kept.Length >= length ? kept : new byte[length];
            new ReadOnlySpan<byte>((void*)entry.Address, length).CopyTo(copy);
        }

        entries.Enqueue((entry.UserData, entry.Address, length, copy));
    }

    /// <summary>An entry is submitted.</summary>
    public void Verify(in SubmissionEntry entry)
    {
        if (!entries.TryDequeue(out (ulong Tag, ulong Address, int Length, byte[]? Copy) staged) || staged.Copy is null)
        {
            return;
        }

        ReadOnlySpan<byte> now = new((void*)staged.Address, staged.Length);
        int same = now.CommonPrefixLength(staged.Copy.AsSpan(0, staged.Length));
        if (same != staged.Length && staged.Tag == entry.UserData && staged.Address == entry.Address)
        {
            kernel.Violate($"Memory was changed at byte {same} of {staged.Length} while it was lent to the kernel to be sent or written from: {OpcodeNames.Of(entry.Opcode)} on descriptor {entry.Fd - DescriptorTable.Base}, "
                + $"tag {entry.UserData & 0xffffffff:x}, staged and not yet submitted. It belongs to the kernel until the request's terminal completion.");
        }

        idle.Push(staged.Copy);
    }
}
