using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dispatch;

/// <summary>
/// What comes out of a pipe, a terminal, or another descriptor that is read at its own position, as leases. One multishot read into buffers that the kernel chooses, for pipes on Linux 6.7 and newer; else one read after the other. <c>read(2)</c>,
/// <c>io_uring_prep_read_multishot(3)</c>.
/// </summary>
/// <remarks>
/// <para>In <c>OnNext</c> a lease ends when <c>OnNext</c> returns; from a reader, when the next is asked for. <see cref="BufferLease.Retain"/> keeps the data longer.</para>
/// <para>Ends with <c>OnCompleted</c> when the other side has closed and everything was read, when the source is closed, or the loop ends; with an error when a read fails (a terminal that hangs up: EIO). Bytes that came after a subscription was disposed are the next
/// consumer's. A slow reader stops the reading, so that the other side waits. Callbacks run on the owner.</para>
/// </remarks>
public sealed class PipeSource : DispatchHandle
{
    private const int TypeMask = 0xf000;
    private const int Fifo = 0x1000;
    private const int Directory = 0x4000;
    private const int Regular = 0x8000;

    private readonly PipeData data;

    private PipeSource(LoopEngine engine, OwnedDescriptor descriptor, bool isPipe, StreamOptions options)
        : base(engine, descriptor) => data = new PipeData(this, isPipe && engine.Ring.Supports(Opcode.ReadMultishot), options);

    /// <summary>Gets the data. One consumer at a time; the next goes on where the last one stopped.</summary>
    public LoopStream<BufferLease> Data => data;

    /// <summary>Takes a descriptor number over; it is closed with the source. Any thread.</summary>
    /// <param name="descriptor">A descriptor that can be read.</param>
    /// <param name="options">How a slow reader is treated; data may not be dropped.</param>
    /// <param name="loop">The loop that will own it; by default the calling thread's.</param>
    /// <returns>The source; close it.</returns>
    /// <exception cref="ArgumentException">It is a file or a directory.</exception>
    public static PipeSource Adopt(int descriptor, StreamOptions? options = null, EventLoop? loop = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(descriptor);
        LoopEngine engine = EventLoop.Required(loop).Engine;
        bool isPipe = Check(engine, descriptor);
        return new(engine, new OwnedDescriptor(descriptor, engine.Ring.Calls), isPipe, Checked(options));
    }

    /// <summary>Uses a .NET handle: a <see cref="SafePipeHandle"/>, or a <see cref="SafeFileHandle"/> of a FIFO or a terminal. It stays the caller's to dispose, after the source was closed. Any thread.</summary>
    /// <param name="handle">The handle.</param>
    /// <param name="options">How a slow reader is treated; data may not be dropped.</param>
    /// <param name="loop">The loop that will own it; by default the calling thread's.</param>
    /// <returns>The source; close it.</returns>
    /// <exception cref="ArgumentException">It is a file or a directory.</exception>
    public static PipeSource Adopt(SafeHandle handle, StreamOptions? options = null, EventLoop? loop = null)
    {
        ArgumentNullException.ThrowIfNull(handle);
        LoopEngine engine = EventLoop.Required(loop).Engine;
        StreamOptions chosen = Checked(options);
        OwnedDescriptor descriptor = new(handle);
        try
        {
            return new(engine, descriptor, Check(engine, descriptor.Number), chosen);
        }
        catch
        {
            descriptor.CloseNow();
            throw;
        }
    }

    /// <summary>Reads the standard input of the process, if that is a pipe, a terminal or a socket. Nobody else is to read it meanwhile. Any thread.</summary>
    /// <param name="options">How a slow reader is treated; data may not be dropped.</param>
    /// <param name="loop">The loop that will own it; by default the calling thread's.</param>
    /// <returns>The source; close it. The descriptor stays open.</returns>
    public static PipeSource StandardInput(StreamOptions? options = null, EventLoop? loop = null) => Adopt(new SafeFileHandle(0, ownsHandle: false), options, loop);

    private protected override void OnClosing() => data.Close();

    private static StreamOptions Checked(StreamOptions? options) => (options ?? StreamOptions.Default).Checked(mayDrop: false, "Data");

    /// <summary>Says whether it is a pipe, and refuses what has no position of its own to be read at.</summary>
    private static bool Check(LoopEngine engine, int descriptor)
    {
        Span<byte> record = stackalloc byte[FileStatus.RecordBytes];
        int result = engine.Ring.Calls.GetStatus(descriptor, record);
        if (result < 0)
        {
            throw ErrorMap.ForFile("statx", result);
        }

        int type = MemoryMarshal.Read<ushort>(record[28..]) & TypeMask;
        return type is not (Regular or Directory)
            ? type == Fifo
            : throw new ArgumentException($"Descriptor {descriptor} is {(type == Regular ? "a file" : "a directory")}. Read a file with {nameof(DispatchFile)}, follow it with {nameof(FileTail)}.");
    }
}
