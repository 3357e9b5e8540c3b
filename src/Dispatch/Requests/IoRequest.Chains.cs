using System.Buffers.Binary;

namespace Dispatch;

/// <content>Requests as steps of a chain: see <see cref="RequestList"/>.</content>
public partial struct IoRequest
{
    /// <summary>What says, in an entry, that the file goes into a slot that Dispatch picks, or is closed there (<c>IORING_FILE_INDEX_ALLOC</c>).</summary>
    internal const uint ChainFileIndex = uint.MaxValue;

    /// <summary>Gets a value indicating whether another step follows it.</summary>
    internal readonly bool IsLinked => (Entry.Flags & (EntryFlags.Link | EntryFlags.HardLink)) != 0;

    /// <summary>Gets a value indicating whether its result goes into the chain's slot.</summary>
    internal readonly bool OpensChainFile => Entry.FileIndex == ChainFileIndex && CanOpenChainFile(Entry.Opcode);

    /// <summary>Gets a value indicating whether it closes the chain's slot.</summary>
    internal readonly bool ClosesChainFile => Entry.FileIndex == ChainFileIndex && Entry.Opcode == Opcode.Close;

    /// <summary>Gets a value indicating whether it works on the file in the chain's slot.</summary>
    internal readonly bool UsesChainFile => Entry.Fd == Descriptor.ChainFileNumber;

    /// <summary>
    /// The time allowed to the step before it, which has to be linked to it: when it passes, that one is cancelled. Its own result is −ETIME when it did so, and −ECANCELED (or −ENOENT) when the step was
    /// faster; neither breaks the chain. <c>io_uring_prep_link_timeout(3)</c>; Linux 5.5.
    /// </summary>
    /// <param name="time">The time, from when the step before it begins.</param>
    /// <returns>The request.</returns>
    public static IoRequest LinkTimeout(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        byte[] record = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(record, time.Ticks / TimeSpan.TicksPerSecond);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(8), (time.Ticks % TimeSpan.TicksPerSecond) * 100);
        IoRequest request = On(Opcode.LinkTimeout);
        request.First = record;
        request.Entry.Length = 1;
        request.JoinChain();
        return request;
    }

    /// <summary>
    /// Closes the chain's file, see <see cref="AsChainFile"/>. Hard-link what comes before it, or it will not run when that one fails or reads less than it was to. Where it does not run, Dispatch closes the file when the chain has
    /// ended. <c>close(2)</c>, <c>io_uring_prep_close_direct(3)</c>, <c>io_uring_prep_close(3)</c>; Linux 5.15.
    /// </summary>
    /// <returns>The request.</returns>
    public static IoRequest CloseChainFile()
    {
        IoRequest request = On(Opcode.Close);
        request.Entry.Fd = 0;
        request.Entry.FileIndex = ChainFileIndex;
        request.JoinChain();
        return request;
    }

    /// <summary>
    /// The same request, linked to the next one of its list: that one begins when this one has succeeded, and is cancelled when it failed or moved fewer bytes than it was to, with all that is linked behind it.
    /// <c>io_uring_linked_requests(7)</c>; Linux 5.3.
    /// </summary>
    /// <returns>The request; only a <see cref="RequestList"/> takes it.</returns>
    public readonly IoRequest Link() => Linked(EntryFlags.Link);

    /// <summary>
    /// The same request, linked to the next one of its list whatever comes of it: that one begins when this one has ended, unless this one was itself cancelled because an earlier step failed.
    /// <c>io_uring_linked_requests(7)</c>; Linux 5.5.
    /// </summary>
    /// <returns>The request; only a <see cref="RequestList"/> takes it.</returns>
    public readonly IoRequest HardLink() => Linked(EntryFlags.HardLink);

    /// <summary>
    /// The same request, whose result becomes the chain's file: no descriptor number, but a slot in the loop's own table that Dispatch picks, and that the later steps of the chain name by <see cref="Descriptor.ChainFile"/> before
    /// anybody knows it. A chain has one. The slot serves its chain only and is free when that has ended, however it ended. Close-on-exec has no meaning there and is left out. Linux 5.17.
    /// </summary>
    /// <returns>The request: an open, a socket or an accept; its result is then 0.</returns>
    public readonly IoRequest AsChainFile()
    {
        if (!CanOpenChainFile(Entry.Opcode) || isMultishot)
        {
            throw new InvalidOperationException($"{Name} opens no file that could be the chain's. Use it on an open, a socket or a single accept.");
        }

        IoRequest copy = this;
        copy.Entry.FileIndex = ChainFileIndex;
        if (Entry.Opcode == Opcode.Openat)
        {
            copy.Entry.OperationFlags &= ~(uint)OpenFlags.CloseOnExec; // The kernel refuses it in a slot (EINVAL), which no child inherits anyway.
        }
        else if (Entry.Opcode == Opcode.Socket)
        {
            copy.Entry.Offset &= ~(ulong)OpenFlags.CloseOnExec; // SOCK_CLOEXEC, the same bit.
        }
        else if (Entry.Opcode == Opcode.Accept)
        {
            copy.Entry.OperationFlags &= ~(uint)AcceptFlags.CloseOnExec;
        }

        copy.JoinChain();
        return copy;
    }

    internal static InvalidOperationException Alone(in IoRequest request) => new(
        $"{request.Name} is a step of a chain (Link, HardLink, LinkTimeout, AsChainFile, Descriptor.ChainFile) and was sent alone. Put it into a RequestList with the steps that it belongs to, and submit that.");

    private static bool CanOpenChainFile(Opcode opcode) => opcode is Opcode.Openat or Opcode.Socket or Opcode.Accept;

    private readonly IoRequest Linked(EntryFlags link)
    {
        IoRequest copy = this;
        copy.Entry.Flags = (copy.Entry.Flags & ~(EntryFlags.Link | EntryFlags.HardLink)) | link;
        copy.JoinChain();
        return copy;
    }
}
