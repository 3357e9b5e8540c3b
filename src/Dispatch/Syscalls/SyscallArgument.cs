using System.Runtime.InteropServices;

namespace Dispatch;

/// <summary>
/// One argument of <see cref="IoRequest.Syscall(long, ReadOnlySpan{SyscallArgument})"/>: a number or an address; memory, which is pinned from submit to completion; a path; or a handle, which is referenced as long. All convert
/// implicitly.
/// </summary>
public readonly struct SyscallArgument
{
    private SyscallArgument(nint value, Memory<byte> memory, object? handle, bool isMemory)
    {
        Value = value;
        Memory = memory;
        Handle = handle;
        IsMemory = isMemory;
    }

    internal nint Value { get; }

    internal Memory<byte> Memory { get; }

    internal object? Handle { get; }

    internal bool IsMemory { get; }

    /// <summary>Takes a number, or an address of memory that the caller keeps in place until the completion.</summary>
    /// <param name="value">The number.</param>
    public static implicit operator SyscallArgument(nint value) => new(value, default, null, false);

    /// <summary>Takes memory: the argument is its address.</summary>
    /// <param name="memory">The memory.</param>
    public static implicit operator SyscallArgument(Memory<byte> memory) => new(0, memory, null, true);

    /// <summary>Takes an array: the argument is the address of its first byte.</summary>
    /// <param name="memory">The array.</param>
    public static implicit operator SyscallArgument(byte[] memory) => (Memory<byte>)memory;

    /// <summary>Takes a path, or another text: the argument is the address of its UTF-8 bytes and a NUL.</summary>
    /// <param name="text">The text; without NUL.</param>
    public static implicit operator SyscallArgument(string text) => IoRequest.TextBytes(text);

    /// <summary>Takes a descriptor: a number, or a handle.</summary>
    /// <param name="descriptor">The descriptor.</param>
    public static implicit operator SyscallArgument(Descriptor descriptor) => new(descriptor.ForCall().Number, default, descriptor.Owner, false);

    /// <summary>Takes a .NET handle.</summary>
    /// <param name="handle">The handle.</param>
    public static implicit operator SyscallArgument(SafeHandle handle) => (Descriptor)handle;

    /// <summary>Takes a Dispatch handle: a file, a connection, a listener.</summary>
    /// <param name="handle">The handle.</param>
    public static implicit operator SyscallArgument(DispatchHandle handle) => (Descriptor)handle;

    /// <summary>Takes a number; see the operator.</summary>
    /// <param name="value">The number.</param>
    /// <returns>The argument.</returns>
    public static SyscallArgument FromIntPtr(nint value) => value;

    /// <summary>Takes memory; see the operator.</summary>
    /// <param name="memory">The memory.</param>
    /// <returns>The argument.</returns>
    public static SyscallArgument FromMemory(Memory<byte> memory) => memory;

    /// <summary>Takes an array; see the operator.</summary>
    /// <param name="memory">The array.</param>
    /// <returns>The argument.</returns>
    public static SyscallArgument FromByteArray(byte[] memory) => memory;

    /// <summary>Takes a text; see the operator.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The argument.</returns>
    public static SyscallArgument FromString(string text) => text;

    /// <summary>Takes a descriptor; see the operator.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <returns>The argument.</returns>
    public static SyscallArgument FromDescriptor(Descriptor descriptor) => descriptor;

    /// <summary>Takes a .NET handle; see the operator.</summary>
    /// <param name="handle">The handle.</param>
    /// <returns>The argument.</returns>
    public static SyscallArgument FromSafeHandle(SafeHandle handle) => handle;

    /// <summary>Takes a Dispatch handle; see the operator.</summary>
    /// <param name="handle">The handle.</param>
    /// <returns>The argument.</returns>
    public static SyscallArgument FromDispatchHandle(DispatchHandle handle) => handle;
}
