namespace Dispatch;

/// <summary>Reads a whole file step by step, with an ordinary descriptor: what one chain cannot do, and where there are no slots. Owner thread only.</summary>
internal static class WholeFile
{
    private const int RestBytes = 4096;

    /// <summary>Reads it.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="path">The path.</param>
    /// <param name="buffer">Where to; pinned by who calls.</param>
    /// <param name="mayGrow">Whether a file that is larger goes into an array of its own; else it is an error.</param>
    /// <param name="token">Gives up.</param>
    public static async Task<Outcome> ReadAsync(EventLoop loop, string path, Memory<byte> buffer, bool mayGrow, CancellationToken token)
    {
        Completion opened = await loop.CompleteAsync(IoRequest.OpenAt(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.CloseOnExec), token);
        if (opened.IsError)
        {
            throw OpcodeNames.Explain(Opcode.Openat, opened.Result, path, token);
        }

        int file = (int)opened.Result;
        try
        {
            if ((await loop.CompleteAsync(IoRequest.Advise(file, FileAdvice.Normal), token)).Result == -Errno.ESPIPE)
            {
                throw NotAFile(path);
            }

            return await ReadToEndAsync(loop, file, path, buffer, mayGrow, token);
        }
        finally
        {
            await CloseAsync(loop, file);
        }
    }

    /// <summary>What is said about a FIFO.</summary>
    public static IOException NotAFile(string path) => new(
        $"'{path}' is a FIFO or another thing without an end and a size, and not a file that could be read whole. Open it (IoRequest.OpenAt) and read it as a stream.", Errno.ESPIPE);

    private static async ValueTask CloseAsync(EventLoop loop, int file)
    {
        if (loop.Engine.IsClosed || (await loop.CompleteAsync(IoRequest.Close(file), CancellationToken.None)).Result == -Errno.ECANCELED)
        {
            _ = loop.Engine.Ring.Calls.Close(file); // The loop ends, and the number is still ours.
        }
    }

    private static async Task<Outcome> ReadToEndAsync(EventLoop loop, int file, string path, Memory<byte> buffer, bool mayGrow, CancellationToken token)
    {
        byte[]? grown = null;
        byte[]? rest = null;
        int length = 0;
        while (true)
        {
            Memory<byte> room = buffer[length..];
            if (room.IsEmpty)
            {
                room = rest ??= new byte[RestBytes]; // The buffer may fit exactly: that is known when nothing more comes.
            }

            int count = await ReadSomeAsync(loop, file, path, room, token);
            if (count == 0)
            {
                return new Outcome(length, grown);
            }

            if (buffer.Length - length == 0)
            {
                if (!mayGrow)
                {
                    throw new IOException($"'{path}' has more than the {buffer.Length} bytes that the buffer holds. Give a larger one, or none: Chain.ReadFileAsync(path) takes what it needs.", Errno.EFBIG);
                }

                grown = Grow(buffer, path);
                rest.AsSpan(0, count).CopyTo(grown.AsSpan(length));
                buffer = grown;
            }

            length += count;
        }
    }

    private static async ValueTask<int> ReadSomeAsync(EventLoop loop, int file, string path, Memory<byte> room, CancellationToken token)
    {
        while (true)
        {
            Completion read = await loop.CompleteAsync(IoRequest.Read(file, room, -1), token);
            if (!read.IsError)
            {
                return (int)read.Result;
            }

            if (read.ErrorNumber != Errno.EINTR)
            {
                throw OpcodeNames.Explain(Opcode.Read, read.Result, path, token);
            }
        }
    }

    private static byte[] Grow(Memory<byte> buffer, string path)
    {
        long wanted = Math.Min(Array.MaxLength, Math.Max(buffer.Length * 4L, RestBytes * 2));
        if (wanted - buffer.Length < RestBytes)
        {
            throw new IOException($"'{path}' has more bytes than an array holds.", Errno.EFBIG);
        }

        byte[] grown = GC.AllocateUninitializedArray<byte>((int)wanted);
        buffer.CopyTo(grown);
        return grown;
    }

    /// <summary>What was read, and into which array when the buffer was too small.</summary>
    internal readonly record struct Outcome(int Length, byte[]? Grown);
}
