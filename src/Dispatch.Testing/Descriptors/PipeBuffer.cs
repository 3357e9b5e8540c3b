namespace Dispatch.Testing;

/// <summary>A pipe: <c>pipe(7)</c>. Writes of up to 4,096 bytes are whole or not at all.</summary>
internal sealed class PipeBuffer(int capacity)
{
    private const int AtomicBytes = 4096;

    private readonly ByteQueue bytes = new();
    private PipeEnd? reader;
    private PipeEnd? writer;

    /// <summary>Makes a pipe and both of its ends.</summary>
    public static (PipeEnd Reader, PipeEnd Writer) Create(SimulatedKernel kernel)
    {
        PipeBuffer pipe = new(65_536);
        pipe.reader = new PipeEnd(kernel, pipe, isReader: true);
        pipe.writer = new PipeEnd(kernel, pipe, isReader: false) { Flags = 1 };
        return (pipe.reader, pipe.writer);
    }

    /// <summary>Says what an end is ready for.</summary>
    public PollEvents ReadinessOf(bool isReader) => isReader
        ? (bytes.Count != 0 ? PollEvents.Readable : 0) | (writer!.IsReleased ? PollEvents.HangUp : 0)
        : (capacity - bytes.Count >= AtomicBytes ? PollEvents.Writable : 0) | (reader!.IsReleased ? PollEvents.Error : 0);

    /// <summary>Reads.</summary>
    public int Read(Span<byte> destination, FaultSource faults)
    {
        if (bytes.Count == 0)
        {
            return destination.Length == 0 || writer!.IsReleased ? 0 : Outcome.WouldBlock;
        }

        int length = faults.ShortOf(Math.Min(destination.Length, bytes.Count));
        bytes.Peek(destination[..length]);
        bytes.Drop(length);
        writer!.Notify(PollEvents.Writable);
        return length;
    }

    /// <summary>Writes.</summary>
    public int Write(ReadOnlySpan<byte> source, FaultSource faults)
    {
        if (reader!.IsReleased)
        {
            return -Errno.EPIPE;
        }

        int room = capacity - bytes.Count;
        if (room < Math.Min(source.Length, AtomicBytes))
        {
            return Outcome.WouldBlock;
        }

        int length = Math.Min(source.Length, room);
        if (source.Length > AtomicBytes)
        {
            length = faults.ShortOf(length);
        }

        bytes.Write(source[..length]);
        reader.Notify(PollEvents.Readable);
        return length;
    }

    /// <summary>One end is gone: the other is told.</summary>
    public void OnReleased(bool wasReader)
    {
        PipeEnd other = wasReader ? writer! : reader!;
        other.Notify(wasReader ? PollEvents.Error : PollEvents.HangUp);
    }
}
