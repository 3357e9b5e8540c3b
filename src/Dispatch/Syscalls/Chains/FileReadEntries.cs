namespace Dispatch;

/// <summary>The submission entries of a <see cref="FileRead"/>: what each step asks of the kernel.</summary>
internal static class FileReadEntries
{
    /// <summary>Opens into a slot; without waiting, for a FIFO's peer say.</summary>
    public static SubmissionEntry Open(nint path, int slot) => new()
    {
        Opcode = Opcode.Openat,
        Flags = EntryFlags.Link,
        Fd = Descriptor.CurrentDirectory.Number,
        Address = (ulong)path,
        OperationFlags = (uint)(OpenFlags.ReadOnly | OpenFlags.NonBlocking),
        FileIndex = (uint)slot + 1,
    };

    /// <summary>Asks for nothing, and is refused by a FIFO.</summary>
    public static SubmissionEntry Advise(int slot) => new()
    {
        Opcode = Opcode.Fadvise,
        Flags = EntryFlags.Link | EntryFlags.FixedFile,
        Fd = slot,
        OperationFlags = (uint)FileAdvice.Normal,
    };

    /// <summary>Reads on from where the file stands.</summary>
    public static SubmissionEntry Read(int slot, nint address, int length) => new()
    {
        Opcode = Opcode.Read,
        Flags = EntryFlags.HardLink | EntryFlags.FixedFile,
        Fd = slot,
        Offset = ulong.MaxValue,
        Address = (ulong)address,
        Length = (uint)length,
    };

    /// <summary>Closes the slot.</summary>
    public static SubmissionEntry Close(int slot) => new()
    {
        Opcode = Opcode.Close,
        FileIndex = (uint)slot + 1,
    };
}
