using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// What a request works on: a descriptor number, a .NET handle or socket, or one of Dispatch's own handles. All of them convert implicitly.
/// </summary>
/// <remarks>
/// Handles are referenced from submit to terminal completion, so that their number cannot be closed and reused under the request. With a plain
/// number that is the caller's task.
/// </remarks>
public readonly struct Descriptor
{
    /// <summary>What stands in an entry for the chain's file until the submit has picked the slot.</summary>
    internal const int ChainFileNumber = -1000;

    /// <summary>Stands in the owner's place of a direct descriptor: the ring's table owns the file.</summary>
    private static readonly object SlotMarker = new();

    internal Descriptor(object? owner, int number)
    {
        Owner = owner;
        Number = number;
    }

    /// <summary>Gets the descriptor that stands for the current directory in path requests (<c>AT_FDCWD</c>).</summary>
    public static Descriptor CurrentDirectory => new(null, -100);

    /// <summary>
    /// Gets what stands, in a step of a chain, for the file that an earlier step of the same chain opened as the chain's (<see cref="IoRequest.AsChainFile"/>).
    /// </summary>
    public static Descriptor ChainFile => new(null, ChainFileNumber);

    /// <summary>Gets a value indicating whether it is a direct descriptor, and <see cref="Number"/> its slot.</summary>
    internal bool IsSlot => ReferenceEquals(Owner, SlotMarker);

    internal object? Owner { get; }

    internal int Number { get; }

    /// <summary>Takes a plain number. The caller keeps it open until the terminal completion.</summary>
    /// <param name="number">The descriptor.</param>
    public static implicit operator Descriptor(int number) => new(null, number);

    /// <summary>Takes a .NET handle, such as a <see cref="Microsoft.Win32.SafeHandles.SafeFileHandle"/>.</summary>
    /// <param name="handle">The handle.</param>
    public static implicit operator Descriptor(SafeHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return new(handle, -1);
    }

    /// <summary>Takes a .NET socket.</summary>
    /// <param name="socket">The socket.</param>
    public static implicit operator Descriptor(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        return new(socket.SafeHandle, -1);
    }

    /// <summary>Takes a Dispatch handle: a file, a connection, a listener.</summary>
    /// <param name="handle">The handle.</param>
    public static implicit operator Descriptor(DispatchHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return new(handle.OwnedDescriptor, -1);
    }

    /// <summary>Takes a direct descriptor: a slot of the table of the loop that the request is sent to. io_uring only.</summary>
    /// <param name="slot">The slot; not <see cref="DirectSlot.Any"/>.</param>
    public static implicit operator Descriptor(DirectSlot slot)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slot.Number, nameof(slot));
        return new(SlotMarker, slot.Number);
    }

    /// <summary>Takes a direct descriptor; see the operator.</summary>
    /// <param name="slot">The slot.</param>
    /// <returns>The same, as a <see cref="Descriptor"/>.</returns>
    public static Descriptor FromDirectSlot(DirectSlot slot) => slot;

    /// <summary>Takes a plain number; see the operator.</summary>
    /// <param name="number">The descriptor.</param>
    /// <returns>The same, as a <see cref="Descriptor"/>.</returns>
    public static Descriptor FromInt32(int number) => number;

    /// <summary>Takes a .NET handle; see the operator.</summary>
    /// <param name="handle">The handle.</param>
    /// <returns>The same, as a <see cref="Descriptor"/>.</returns>
    public static Descriptor FromSafeHandle(SafeHandle handle) => handle;

    /// <summary>Takes a .NET socket; see the operator.</summary>
    /// <param name="socket">The socket.</param>
    /// <returns>The same, as a <see cref="Descriptor"/>.</returns>
    public static Descriptor FromSocket(Socket socket) => socket;

    /// <summary>Takes a Dispatch handle; see the operator.</summary>
    /// <param name="handle">The handle.</param>
    /// <returns>The same, as a <see cref="Descriptor"/>.</returns>
    public static Descriptor FromDispatchHandle(DispatchHandle handle) => handle;

    /// <summary>The same, for a system call, which takes the process's numbers: a file that is in the ring's table only has none.</summary>
    internal Descriptor ForCall() => !IsSlot && Number != ChainFileNumber ? this
        : throw new ArgumentException("A direct descriptor, or the chain's file, has no number that a system call could be given: it is in the ring's table only. Give it one with IoRequest.InstallSlot, or use a request of the ring.");
}
