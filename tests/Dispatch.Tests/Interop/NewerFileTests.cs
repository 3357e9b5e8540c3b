using System.Runtime.InteropServices;
using Dispatch.Tests.Kernel;
using Tmds.Linux;
using static Dispatch.IoUringAbi;
using static Dispatch.Tests.Interop.NewerKernel;

namespace Dispatch.Tests.Interop;

/// <summary>Numbers that older headers lack, proved by what the kernel does with them. Of files and pipes.</summary>
public sealed unsafe class NewerFileTests
{
    private const byte BufferGroup = 7;

    [Fact]
    public void A_multishot_read_brings_each_piece_of_a_pipe()
    {
        Needs(6, 7);
        using RawRing ring = RawRing.Create();
        using ProvidedBuffers buffers = new(ring.Ring, BufferGroup, count: 4, size: 4);
        int* ends = stackalloc int[2];
        Assert.Equal(0, LibC.pipe(ends));
        ring.Stage(new SubmissionEntry { Opcode = Opcode.ReadMultishot, Fd = ends[0], Flags = EntryFlags.BufferSelect, BufferGroup = BufferGroup, Offset = ulong.MaxValue });
        foreach (byte letter in "ab"u8)
        {
            byte one = letter;
            Assert.Equal(1, LibC.write(ends[1], &one, 1));
            CompletionEntry completion = ring.Take();
            Assert.Equal((1, IORING_CQE_F_MORE | IORING_CQE_F_BUFFER), (completion.Result, completion.Flags & 0xffff));
        }

        Assert.Equal(0, LibC.close(ends[1]));
        Assert.Equal((0, 0u), (ring.Take() is var end ? end.Result : 0, end.Flags & IORING_CQE_F_MORE));
        Assert.Equal(0, LibC.close(ends[0]));
    }

    [Fact]
    public void A_fixed_file_is_given_a_descriptor()
    {
        Needs(6, 8);
        using RawRing ring = RawRing.Create();
        using FileStream file = TemporaryFile(3);
        int number = (int)file.SafeFileHandle.DangerousGetHandle();
        Assert.Equal(0, ring.Ring.Register(IORING_REGISTER_FILES, &number, 1));

        int installed = ring.Do(new SubmissionEntry { Opcode = Opcode.FixedFdInstall, Fd = 0, Flags = EntryFlags.FixedFile });

        Assert.True(installed > 2 && installed != number, $"The result was {installed}.");
        Assert.Equal(3, (long)LibC.lseek(installed, 0, 2));
        Assert.Equal(0, LibC.close(installed));
    }

    [Fact]
    public void A_file_is_truncated()
    {
        Needs(6, 9);
        using RawRing ring = RawRing.Create();
        using FileStream file = TemporaryFile(100);

        Assert.Equal(0, ring.Do(OnFile(Opcode.Ftruncate, file, 0, 0, 12_345)));

        Assert.Equal(12_345, RandomAccess.GetLength(file.SafeFileHandle));
    }

    [Fact]
    public void Vectors_inside_a_registered_buffer_are_written_and_read()
    {
        Needs(6, 15);
        using RawRing ring = RawRing.Create();
        using FileStream file = TemporaryFile(0);
        byte* block = (byte*)NativeMemory.AlignedAlloc(4096, 4096);
        "dispatch"u8.CopyTo(new Span<byte>(block, 4096));
        iovec whole = new() { iov_base = block, iov_len = 4096 };
        Assert.Equal(0, ring.Ring.Register(IORING_REGISTER_BUFFERS, &whole, 1));

        iovec* pieces = stackalloc iovec[2];
        pieces[0] = new iovec { iov_base = block + 4, iov_len = 4 };
        pieces[1] = new iovec { iov_base = block, iov_len = 4 };
        Assert.Equal(8, ring.Do(OnFile(Opcode.WritevFixed, file, (ulong)pieces, 2, 0)));
        pieces[0].iov_base = block + 100;
        pieces[1].iov_base = block + 104;
        Assert.Equal(8, ring.Do(OnFile(Opcode.ReadvFixed, file, (ulong)pieces, 2, 0)));

        Assert.Equal("atchdisp"u8.ToArray(), new Span<byte>(block + 100, 8).ToArray());
        ring.Close();
        NativeMemory.AlignedFree(block);
    }

    [Fact]
    public void A_pipe_is_made()
    {
        Needs(6, 16);
        using RawRing ring = RawRing.Create();
        int* ends = stackalloc int[2];

        Assert.Equal(0, ring.Do(new SubmissionEntry { Opcode = Opcode.Pipe, Address = (ulong)ends }));

        byte letter = 0x5a;
        Assert.Equal(1, LibC.write(ends[1], &letter, 1));
        letter = 0;
        Assert.Equal(1, LibC.read(ends[0], &letter, 1));
        Assert.Equal(0x5a, letter);
        Assert.Equal(0, LibC.close(ends[0]) + LibC.close(ends[1]));
    }

    [Fact]
    public void A_descriptor_of_a_fixed_file_is_inherited_only_when_asked()
    {
        Needs(6, 8);
        using RawRing ring = RawRing.Create();
        using FileStream file = TemporaryFile(3);
        int number = (int)file.SafeFileHandle.DangerousGetHandle();
        Assert.Equal(0, ring.Ring.Register(IORING_REGISTER_FILES, &number, 1));
        foreach (uint flags in (uint[])[0, IORING_FIXED_FD_NO_CLOEXEC])
        {
            int installed = ring.Do(new SubmissionEntry { Opcode = Opcode.FixedFdInstall, Fd = 0, Flags = EntryFlags.FixedFile, OperationFlags = flags });
            Assert.Equal(flags == 0 ? LibC.FD_CLOEXEC : 0, LibC.fcntl(installed, LibC.F_GETFD, 0));
            Assert.Equal(0, LibC.close(installed));
        }
    }
}
