using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Tmds.Linux;

namespace Dispatch.Tests;

/// <summary>
/// A random program for the old asynchronous interface: batches of sound and unsound requests on files, directories, pipes and eventfds. What it saw is a text, the same from whichever interface it ran on.
/// Each batch is awaited before the next, and within one no two requests touch the same bytes, so that nothing depends on an order that the kernel does not promise.
/// </summary>
internal sealed unsafe class AioProgram : IDisposable
{
    private const int Batch = 8;
    private const int Block = 4096;
    private const int Sectors = 64;

    private readonly IAioInterface aio;
    private readonly Random random;
    private readonly List<string> seen = [];
    private readonly string folder = Directory.CreateTempSubdirectory("dispatch-aio-").FullName;
    private readonly AioControlBlock* blocks = (AioControlBlock*)NativeMemory.AllocZeroed(Batch, (nuint)sizeof(AioControlBlock));
    private readonly byte* memory = (byte*)NativeMemory.AlignedAlloc(Batch * Block, Block);
    private readonly AioAbi.Piece* pieces = (AioAbi.Piece*)NativeMemory.AllocZeroed(Batch * 3, (nuint)sizeof(AioAbi.Piece));
    private readonly int[] files;

    public AioProgram(IAioInterface aio, int seed)
    {
        this.aio = aio;
        random = new Random(seed);
        string path = Path.Combine(folder, "data");
        byte[] data = new byte[(Sectors * Block) - 100];
        new Random(1).NextBytes(data);
        File.WriteAllBytes(path, data);
        NativeMemory.Clear(memory, Batch * Block);
        int* pipe = stackalloc int[2];
        Assert.Equal(0, LibC.pipe(pipe));
        files =
        [
            Open(path, 2), // O_RDWR
            Open(path, 0),
            Open(path, 1), // O_WRONLY
            Open(folder, 0),
            Open(path, 0x200000), // O_PATH
            pipe[0],
            pipe[1],
            (int)SystemCall.Run(SystemCall.EventDescriptor, 3, 0),
            Open(path, 2 | AioAbi.O_DIRECT),
        ];
    }

    public IReadOnlyList<string> Run(int batches)
    {
        for (int i = 0; i < batches; i++)
        {
            RunBatch();
        }

        seen.Add("file " + Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, "data")))));
        return seen;
    }

    public void Dispose()
    {
        foreach (int file in files)
        {
            _ = LibC.close(file);
        }

        Directory.Delete(folder, recursive: true);
        NativeMemory.Free(blocks);
        NativeMemory.AlignedFree(memory);
        NativeMemory.Free(pieces);
    }

    private static int Open(string path, int flags)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(path + "\0"))
        {
            long opened = SystemCall.Run(SystemCall.Open, -100, (long)name, flags);
            Assert.True(opened >= 0, $"{path}: {opened}");
            return (int)opened;
        }
    }

    private void RunBatch()
    {
        int count = random.Next(0, Batch + 1);
        nint[] addresses = new nint[count];
        int polls = 0;
        for (int i = 0; i < count; i++)
        {
            addresses[i] = random.Next(40) == 0 ? 16 : (nint)(blocks + i);
            Fill(i);
            seen.Add(Text(blocks[i]));
        }

        int taken = aio.Submit(addresses);
        seen.Add(string.Create(CultureInfo.InvariantCulture, $"submit {count}: {taken}"));
        for (int i = 0; i < Math.Max(0, taken); i++)
        {
            // A poll that never fires is cancelled, and cannot be a second time. What ended at once cannot be cancelled at all.
            if (blocks[i].Command == AioCommand.Poll && blocks[i].Descriptor == files[5] && blocks[i].Buffer == 1)
            {
                polls++;
                seen.Add(string.Create(CultureInfo.InvariantCulture, $"cancel: {aio.Cancel(addresses[i])} {aio.Cancel(addresses[i])}"));
            }
            else if (blocks[i].Command != AioCommand.Poll)
            {
                seen.Add(string.Create(CultureInfo.InvariantCulture, $"cancel of another: {aio.Cancel(addresses[i])}"));
            }
        }

        foreach (AioEvent ended in aio.Take(Math.Max(0, taken)).OrderBy(one => one.Data))
        {
            int index = (int)(((AioControlBlock*)ended.Block) - blocks);
            seen.Add(string.Create(CultureInfo.InvariantCulture, $"event {ended.Data} of {index}: {ended.Result} {ended.Result2}"));
        }

        seen.Add("memory " + Convert.ToHexString(SHA256.HashData(new ReadOnlySpan<byte>(memory, Batch * Block))));
        seen.Add(string.Create(CultureInfo.InvariantCulture, $"{polls} polls cancelled"));
    }

    private void Fill(int index)
    {
        ref AioControlBlock block = ref blocks[index];
        block = default;
        byte* mine = memory + (index * Block);
        random.NextBytes(new Span<byte>(mine, Block));
        block.Data = (ulong)index;
        block.Key = (uint)random.Next(2);

        // Each request of a batch has a stretch of the file of its own.
        long offset = ((long)index * (Sectors / Batch) * Block) + (random.Next(Sectors / Batch) * Block);
        int length = random.Next(4) == 0 ? Block : random.Next(Block);
        int file = files[random.Next(5)];
        switch (random.Next(12))
        {
            case 0 or 1 or 2:
                block.Command = AioCommand.Read;
                break;
            case 3 or 4:
                block.Command = AioCommand.Write;
                break;
            case 5:
                block.Command = AioCommand.ReadVector;
                break;
            case 6:
                block.Command = AioCommand.WriteVector;
                break;
            case 7:
                block.Command = random.Next(2) == 0 ? AioCommand.Sync : AioCommand.SyncData;
                file = files[random.Next(files.Length)];
                offset = 0;
                length = random.Next(4) == 0 ? 1 : 0;
                mine = null;
                break;
            case 8:
                FillPoll(ref block);
                return;
            case 9:
                block.Command = (AioCommand)random.Next(12);
                break;
            case 10:
                file = files[8]; // Direct: what is not aligned is refused by the file system.
                length = random.Next(2) == 0 ? Block : length;
                break;
            default:
                file = random.Next(2) == 0 ? 9999 : -1;
                break;
        }

        block.Descriptor = (uint)file;
        block.Buffer = (ulong)mine;
        block.Length = (ulong)length;
        block.Offset = offset;
        if (block.Command is AioCommand.ReadVector or AioCommand.WriteVector)
        {
            FillVector(ref block, index, mine, length);
        }

        Spoil(ref block);
    }

    private void FillVector(ref AioControlBlock block, int index, byte* mine, int length)
    {
        AioAbi.Piece* vector = pieces + (index * 3);
        int half = length / 2;
        vector[0] = new AioAbi.Piece { Address = (ulong)mine, Length = (ulong)half };
        vector[1] = default;
        vector[2] = new AioAbi.Piece { Address = (ulong)(mine + half), Length = (ulong)(length - half) };
        block.Buffer = (ulong)vector;
        block.Length = (ulong)random.Next(4);
        if (random.Next(10) == 0)
        {
            block.Length = 2000; // More than there may be.
        }
        else if (random.Next(10) == 0)
        {
            vector[2].Length = ulong.MaxValue;
        }
    }

    private void FillPoll(ref AioControlBlock block)
    {
        block.Command = AioCommand.Poll;
        (block.Descriptor, block.Buffer) = random.Next(6) switch
        {
            0 => ((uint)files[5], 1ul), // A pipe into which nobody writes: it waits.
            1 => ((uint)files[6], 4ul),
            2 => ((uint)files[7], 5ul),
            3 => ((uint)files[0], 1ul),
            4 => ((uint)files[6], 0x10004ul),
            _ => (9999u, 1ul),
        };
    }

    private void Spoil(ref AioControlBlock block)
    {
        switch (random.Next(60))
        {
            case 0:
                block.Reserved = 1;
                break;
            case 1:
                block.Length = ulong.MaxValue;
                break;
            case 2:
                block.Offset = -2;
                break;
            case 3:
                block.ReadWriteFlags = 1 << 20;
                break;
            case 4:
                block.Flags = AioBlockFlags.EventDescriptor;
                block.EventDescriptor = (uint)files[random.Next(files.Length)];
                break;
            case 5:
                block.Flags = AioBlockFlags.EventDescriptor;
                block.EventDescriptor = 9999;
                break;
            case 6:
                block.Buffer = 16; // Nothing is mapped there.
                break;
            case 7:
                block.ReadWriteFlags = 0x10 | 0x20; // RWF_APPEND with RWF_NOAPPEND
                break;
            case 8:
                block.Flags = AioBlockFlags.Priority;
                block.Priority = (short)((random.Next(8) << 13) | random.Next(8));
                break;
            default:
                break;
        }
    }

    private string Text(in AioControlBlock block) => string.Create(
        CultureInfo.InvariantCulture,
        $"  {block.Data}: {block.Command} on {Array.IndexOf(files, (int)block.Descriptor)} at {block.Offset}, {block.Length} bytes, {block.Flags} {block.Priority:x}, rw {block.ReadWriteFlags:x}, reserved {block.Reserved}");
}
