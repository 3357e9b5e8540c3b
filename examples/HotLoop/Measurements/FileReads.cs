using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dispatch.Examples.HotLoop;

/// <summary>Reads of a cached file, taken out of the ring one by one; each completion starts the next read into the same memory. Nothing is allocated for a read.</summary>
internal static class FileReads
{
    /// <summary>The size of a read in bytes.</summary>
    public const int BlockBytes = 4096;

    /// <summary>How many reads are in flight.</summary>
    public const int Depth = 32;

    private const int Blocks = 256;
    private const int ReadsBetweenLooks = 256; // Looking at the clock costs a tenth of a read.

    /// <summary>Measures.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="time">How long.</param>
    /// <returns>Reads a second, and reads in a system call.</returns>
    /// <exception cref="IOException">A read failed, or brought other bytes than were written.</exception>
    public static (double PerSecond, double PerEnter) Measure(EventLoop loop, TimeSpan time)
    {
        string path = Path.Combine(Path.GetTempPath(), $"hotloop-{Environment.ProcessId}");
        File.WriteAllBytes(path, NumberedBlocks());
        using SafeFileHandle file = File.OpenHandle(path);
        File.Delete(path); // It lives on until the handle is closed, however this ends.
        using AlignedMemory memory = AlignedMemory.Allocate(Depth * BlockBytes);
        int descriptor = (int)file.DangerousGetHandle(); // A plain number costs nothing to submit; the handle outlives all requests here.

        // The tag of a read says which part of the memory it is for, and which block of the file it reads.
        int block = 0;
        for (int slot = 0; slot < Depth; slot++)
        {
            Submit(slot);
        }

        long reads = 0;
        long enters = loop.Statistics.Enters;
        long start = Stopwatch.GetTimestamp();
        TimeSpan elapsed = default;
        for (int inFlight = Depth; inFlight > 0;)
        {
            if (!loop.TryTake(out Completion completion))
            {
                continue;
            }

            int slot = (int)(completion.Tag % Depth);
            Verify(completion, memory.GetSpan().Slice(slot * BlockBytes, BlockBytes));
            if (++reads % ReadsBetweenLooks == 0)
            {
                elapsed = Stopwatch.GetElapsedTime(start);
            }

            if (elapsed < time)
            {
                Submit(slot);
            }
            else
            {
                inFlight--;
            }
        }

        return (reads / Stopwatch.GetElapsedTime(start).TotalSeconds, (double)reads / (loop.Statistics.Enters - enters));

        void Submit(int slot)
        {
            loop.Submit(IoRequest.Read(descriptor, memory.Address + (slot * BlockBytes), BlockBytes, (long)block * BlockBytes), (ulong)((block * Depth) + slot));
            block = (block + 1) % Blocks;
        }
    }

    private static byte[] NumberedBlocks()
    {
        byte[] bytes = new byte[Blocks * BlockBytes];
        for (int block = 0; block < Blocks; block++)
        {
            MemoryMarshal.Write(bytes.AsSpan(block * BlockBytes), block);
        }

        return bytes;
    }

    private static void Verify(in Completion completion, ReadOnlySpan<byte> read)
    {
        if (completion.Result != BlockBytes || MemoryMarshal.Read<int>(read) != (int)(completion.Tag / Depth))
        {
            throw new IOException($"A read of block {completion.Tag / Depth} came back with {completion.Result}, or with another block's bytes.");
        }
    }
}
