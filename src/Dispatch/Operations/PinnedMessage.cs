using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// A <c>struct msghdr</c> with all that it points to, for the life of one request: memory of our own for the record, address and control data, and the user's memories, pinned. What the kernel has written is handed to the
/// request's <see cref="MessageDetails"/> when it ends. See <c>recvmsg(2)</c>.
/// </summary>
internal sealed unsafe class PinnedMessage : IDisposable
{
    private readonly MessageDetails? details;
    private PinnedVector? data;
    private Libc.MessageHeader* header;

    /// <summary>Initializes a new instance of the <see cref="PinnedMessage"/> class. Throws, with nothing taken, when a memory is gone or the details are another request's.</summary>
    public PinnedMessage(MessageParts parts)
    {
        int nameBytes = Math.Max(parts.Address.Length, parts.AddressRoom);
        int controlBytes = Math.Max(parts.Control.Length, parts.ControlRoom);
        int controlAt = sizeof(Libc.MessageHeader) + ControlMessages.Align(nameBytes);
        parts.Details?.Begin();
        details = parts.Details;
        try
        {
            data = parts.Buffers.Count == 0 ? null : new PinnedVector(parts.Buffers);
            byte* block = (byte*)NativeMemory.AllocZeroed((nuint)(controlAt + controlBytes));
            header = (Libc.MessageHeader*)block;
            if (nameBytes != 0)
            {
                header->Name = (ulong)(block + sizeof(Libc.MessageHeader));
                header->NameLength = (uint)nameBytes;
                parts.Address.CopyTo(new Span<byte>((void*)header->Name, nameBytes));
            }

            if (controlBytes != 0)
            {
                header->Control = (ulong)(block + controlAt);
                header->ControlLength = (ulong)controlBytes;
                parts.Control.Span.CopyTo(new Span<byte>((void*)header->Control, controlBytes));
            }

            if (data is not null)
            {
                header->Vector = data.Address;
                header->VectorLength = (ulong)data.Count;
            }
        }
        catch
        {
            data?.Dispose();
            details?.End();
            throw;
        }
    }

    /// <summary>Gets where the record is.</summary>
    public ulong Address => (ulong)header;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (header == null)
        {
            return;
        }

        if (details is not null)
        {
            // The lengths are those that the kernel has written; of a request that failed, they are the room, which is empty.
            details.Take(
                new ReadOnlySpan<byte>((void*)header->Name, (int)Math.Min(header->NameLength, MessageParts.LargestAddress)),
                new ReadOnlySpan<byte>((void*)header->Control, (int)header->ControlLength),
                (MessageFlags)header->Flags);
            details.End();
        }

        NativeMemory.Free(header);
        header = null;
        data?.Dispose();
        data = null;
    }
}
