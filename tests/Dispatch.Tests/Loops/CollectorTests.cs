using Microsoft.Win32.SafeHandles;

namespace Dispatch.Tests;

/// <summary>The garbage collector moves what it likes, but not what the kernel writes to.</summary>
public sealed class CollectorTests
{
    [Fact]
    public void Reads_into_arrays_are_right_while_the_heap_is_compacted() => OnLoop.Run(async loop =>
    {
        const int Block = 512;
        const int Blocks = 256;
        using TestFolder folder = new();
        byte[] content = new byte[Block * Blocks];
        new Random(7).NextBytes(content);
        File.WriteAllBytes(folder["f"], content);
        using SafeFileHandle file = File.OpenHandle(folder["f"]);
        using TestPipe pipe = new();
        for (int round = 0; round < 50; round++)
        {
            // The pipe's read is in flight, on memory that nobody else refers to, while the others come and go. One collection a round: one after the other
            // without a pause would stop every thread of the process most of the time, and test nothing more.
            Task<byte[]> slow = Slow(loop, pipe);
            byte[][] garbage = new byte[Blocks][];
            Task[] all = new Task[33];
            all[32] = Task.Run(() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true));
            for (int i = 0; i < 32; i++)
            {
                all[i] = ReadAndVerify(loop, file, content, ((round * 32) + i) % Blocks);
                garbage[i] = new byte[Block]; // Holes for the compaction to close.
            }

            await Task.WhenAll(all);
            pipe.Write((byte)round, 2, 3);
            Assert.Equal([(byte)round, 2, 3], (await slow)[..3]);
        }

        static async Task<byte[]> Slow(EventLoop loop, TestPipe pipe)
        {
            byte[] buffer = new byte[16];
            Assert.Equal(3, await loop.ExecuteAsync(IoRequest.Read(pipe.ReadEnd, buffer, -1)));
            return buffer;
        }

        static async Task ReadAndVerify(EventLoop loop, SafeFileHandle file, byte[] content, int block)
        {
            byte[] first = new byte[Block / 2];
            byte[] second = new byte[Block / 2];
            Memory<byte>[] pieces = [first, second];
            IoRequest request = block % 2 == 0
                ? IoRequest.ReadVector(file, pieces, block * Block)
                : IoRequest.Read(file, first, block * Block);
            int length = block % 2 == 0 ? Block : Block / 2;
            Assert.Equal(length, await loop.ExecuteAsync(request));
            Assert.True(content.AsSpan(block * Block, Block / 2).SequenceEqual(first));
            Assert.True(block % 2 != 0 || content.AsSpan((block * Block) + (Block / 2), Block / 2).SequenceEqual(second));
        }
    });
}
