using System.Text;

namespace Dispatch.Conformance.Files;

/// <summary>Requests on open files.</summary>
public sealed class FileTests : KernelTests
{
    private const OpenFlags Creating = OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive;

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.OpenAt))]
    [Covers(nameof(IoRequest.Close))]
    [Covers(nameof(IoRequest.Write), typeof(ReadOnlyMemory<byte>))]
    [Covers(nameof(IoRequest.Read), typeof(Memory<byte>))]
    public void A_write_is_in_the_file_and_a_read_brings_it_back(TestedKernel kernel) => Run(kernel, async w =>
    {
        int file = await w.Open("f", Creating);
        Assert.Equal(10, await w.Do(IoRequest.Write(file, Encoding.ASCII.GetBytes("0123456789"), 5)));
        byte[] buffer = new byte[15];
        Assert.Equal(15, await w.Do(IoRequest.Read(file, buffer, 0)));
        Assert.Equal("\0\0\0\0\00123456789", Encoding.ASCII.GetString(buffer));
        await w.Close(file);
        Assert.Equal(-Errno.EBADF, await w.Do(IoRequest.Read(file, buffer, 0)));
        Assert.Equal(-Errno.EBADF, await w.Do(IoRequest.Close(file)));
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.Read), typeof(nint))]
    [Covers(nameof(IoRequest.Write), typeof(nint))]
    public void Unmanaged_memory_is_written_from_and_read_into(TestedKernel kernel) => Run(kernel, async w =>
    {
        int file = await w.Open("f", Creating);
        using AlignedMemory memory = AlignedMemory.Allocate(4096);
        World.Pattern(4096).CopyTo(memory.Memory);
        Assert.Equal(3000, await w.Do(IoRequest.Write(file, memory.Address, 3000, 0)));
        memory.Memory.Span.Clear();
        Assert.Equal(2000, await w.Do(IoRequest.Read(file, memory.Address, 2000, 500)));
        Assert.Equal(World.Pattern(4096)[500..2500], memory.Memory[..2000].ToArray());
        Assert.Equal(new byte[2096], memory.Memory[2000..].ToArray());
        await w.Close(file);
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.ShortReadAtEnd)]
    public void A_read_that_meets_the_end_is_short_and_one_beyond_it_is_empty(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("f", World.Pattern(5000));
        int file = await w.Open("f", OpenFlags.ReadOnly);
        byte[] buffer = new byte[4096];
        Array.Fill(buffer, (byte)0xee);
        Assert.Equal(904, await w.Do(IoRequest.Read(file, buffer, 4096)));
        Assert.Equal(World.Pattern(5000)[4096..], buffer[..904]);
        Assert.All(buffer[904..], b => Assert.Equal(0xee, b));
        Assert.Equal(0, await w.Do(IoRequest.Read(file, buffer, 5000)));
        Assert.Equal(0, await w.Do(IoRequest.Read(file, buffer, 1 << 20)));
        await w.Close(file);
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.ShortReadInside)]
    public void A_short_read_inside_a_file_is_gone_on_from_without_gap_or_repeat(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            byte[] content = World.Pattern(10_000, w.Seed);
            await w.File("f", content);
            w.Faults.BytesAtMost = 700;
            int file = await w.Open("f", OpenFlags.ReadOnly);
            Assert.Equal(content, await w.ReadAll(file));
            await w.Close(file);
            Assert.True(w.Faults.Shortened >= 10_000 / 700, "No read was short.");

            await using DispatchFile opened = await DispatchFile.OpenAsync(w["f"], null, w.Loop);
            byte[] all = new byte[content.Length];
            await using Stream stream = opened.AsStream();
            await stream.ReadExactlyAsync(all);
            Assert.Equal(content, all);
        },
        tolerates: Tolerance.Partial);

    [Theory]
    [EveryKernel]
    public void A_short_write_is_gone_on_from_without_gap_or_repeat(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            byte[] content = World.Pattern(10_000, w.Seed);
            w.Faults.BytesAtMost = 700;
            await using (DispatchFile file = await DispatchFile.OpenAsync(w["f"], new FileOpenOptions { Mode = FileMode.Create, Access = FileAccess.Write }, w.Loop))
            {
                await file.WriteAsync(content, 0);
            }

            Assert.True(w.Faults.Shortened >= 10_000 / 700, "No write was short.");
            Assert.Equal(content, await w.ReadAll("f"));
        },
        tolerates: Tolerance.Partial);

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.ReadVector))]
    [Covers(nameof(IoRequest.WriteVector))]
    public void A_vector_is_written_and_filled_in_order(TestedKernel kernel) => Run(kernel, async w =>
    {
        int file = await w.Open("f", Creating);
        ReadOnlyMemory<byte>[] pieces = [new byte[] { 1, 2 }, new byte[] { 3 }, Array.Empty<byte>(), new byte[] { 4, 5, 6 }];
        Assert.Equal(6, await w.Do(IoRequest.WriteVector(file, pieces, 0)));
        byte[] first = new byte[1];
        byte[] second = new byte[9];
        Assert.Equal(6, await w.Do(IoRequest.ReadVector(file, new Memory<byte>[] { first, second }, 0)));
        Assert.Equal([1], first);
        Assert.Equal([2, 3, 4, 5, 6, 0, 0, 0, 0], second);
        await w.Close(file);
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.ReadFixed))]
    [Covers(nameof(IoRequest.WriteFixed))]
    public void Registered_buffers_are_written_from_and_read_into(TestedKernel kernel) => Run(kernel, async w =>
    {
        RegisteredBufferPool pool = w.Loop.RegisterBuffers(2, 4096);
        Assert.True(pool.TryRent(out RegisteredBuffer? one));
        Assert.True(pool.TryRent(out RegisteredBuffer? two));
        World.Pattern(4096).CopyTo(one.Memory);
        int file = await w.Open("f", Creating);
        Assert.Equal(4000, await w.Do(IoRequest.WriteFixed(file, one, 4000, 96)));
        Assert.Equal(4000, await w.Do(IoRequest.ReadFixed(file, two, 4096, 96)));
        Assert.Equal(World.Pattern(4096)[..4000], two.Memory[..4000].ToArray());
        await w.Close(file);
        ((IDisposable)one).Dispose();
        ((IDisposable)two).Dispose();
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.Sync))]
    public void A_sync_succeeds_on_a_file_and_fails_on_a_pipe(TestedKernel kernel) => Run(kernel, async w =>
    {
        int file = await w.Open("f", Creating);
        (int readEnd, int writeEnd) = w.Pipe();
        Assert.Equal(3, await w.Do(IoRequest.Write(file, new byte[3], 0)));
        Assert.Equal(0, await w.Do(IoRequest.Sync(file)));
        Assert.Equal(0, await w.Do(IoRequest.Sync(file, dataOnly: true)));
        Assert.Equal(-Errno.EINVAL, await w.Do(IoRequest.Sync(readEnd)));
        await w.Close(file, readEnd, writeEnd);
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.Allocate))]
    public void An_allocation_makes_the_file_longer_and_a_hole_reads_as_zeroes(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("f", World.Pattern(16_384));
        int file = await w.Open("f", OpenFlags.ReadWrite);
        Assert.Equal(0, await w.Do(IoRequest.Allocate(file, 0, 100_000)));
        Assert.Equal(0, await w.Do(IoRequest.Allocate(file, 200_000, 4096, FileAllocationMode.KeepSize)));
        Assert.Equal(0, await w.Do(IoRequest.Allocate(file, 4096, 4096, FileAllocationMode.PunchHole | FileAllocationMode.KeepSize)));
        byte[] expected = new byte[100_000];
        World.Pattern(16_384).CopyTo(expected, 0);
        Array.Clear(expected, 4096, 4096);
        Assert.Equal(expected, await w.ReadAll(file));
        Assert.Equal(-Errno.EINVAL, await w.Do(IoRequest.Allocate(file, 0, 0)));
        await w.Close(file);
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.SetLength))]
    public void A_length_that_was_set_is_the_length_and_what_was_cut_is_gone(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("f", World.Pattern(100));
        int file = await w.Open("f", OpenFlags.ReadWrite);
        Assert.Equal(0, await w.Do(IoRequest.SetLength(file, 40)));
        Assert.Equal(World.Pattern(100)[..40], await w.ReadAll(file));
        Assert.Equal(0, await w.Do(IoRequest.SetLength(file, 60)));
        byte[] expected = [.. World.Pattern(100)[..40], .. new byte[20]];
        Assert.Equal(expected, await w.ReadAll(file));
        int readOnly = await w.Open("f", OpenFlags.ReadOnly);
        Assert.Equal(-Errno.EINVAL, await w.Do(IoRequest.SetLength(readOnly, 1)));
        await w.Close(file, readOnly);
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.Advise))]
    public void Advice_changes_nothing_that_can_be_read(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("f", World.Pattern(10_000));
        int file = await w.Open("f", OpenFlags.ReadOnly);
        foreach (FileAdvice advice in Enum.GetValues<FileAdvice>())
        {
            Assert.Equal(0, await w.Do(IoRequest.Advise(file, advice)));
            Assert.Equal(0, await w.Do(IoRequest.Advise(file, advice, 100, 1000)));
        }

        Assert.Equal(World.Pattern(10_000), await w.ReadAll(file));
        Assert.Equal(-Errno.EINVAL, await w.Do(IoRequest.Advise(file, (FileAdvice)99)));
        await w.Close(file);
    });

    [Theory]
    [EveryKernel]
    public void An_offset_of_minus_1_uses_and_moves_the_files_own_position(TestedKernel kernel) => Run(kernel, async w =>
    {
        int file = await w.Open("f", Creating);
        Assert.Equal(4, await w.Do(IoRequest.Write(file, "abcd"u8.ToArray(), -1)));
        Assert.Equal(4, await w.Do(IoRequest.Write(file, "efgh"u8.ToArray(), -1)));
        Assert.Equal("abcdefgh"u8.ToArray(), await w.ReadAll(file));
        await w.Close(file);
        file = await w.Open("f", OpenFlags.ReadOnly);
        byte[] buffer = new byte[3];
        Assert.Equal(3, await w.Do(IoRequest.Read(file, buffer, 1)));
        Assert.Equal(3, await w.Do(IoRequest.Read(file, buffer, -1)));
        Assert.Equal("abc"u8.ToArray(), buffer);
        Assert.Equal(3, await w.Do(IoRequest.Read(file, buffer, -1)));
        Assert.Equal("def"u8.ToArray(), buffer);
        await w.Close(file);
    });

    [Theory]
    [EveryKernel]
    public void Appending_writes_at_the_end_whatever_the_offset(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("f", "begin-"u8.ToArray());
        int file = await w.Open("f", OpenFlags.WriteOnly | OpenFlags.Append);
        int other = await w.Open("f", OpenFlags.WriteOnly);
        Assert.Equal(4, await w.Do(IoRequest.Write(file, "one-"u8.ToArray(), 0)));
        Assert.Equal(3, await w.Do(IoRequest.Write(other, "two"u8.ToArray(), 0, ReadWriteFlags.Append)));
        await w.Close(file, other);
        Assert.Equal("begin-one-two"u8.ToArray(), await w.ReadAll("f"));
    });

    [Theory]
    [EveryKernel]
    public void A_file_can_only_be_used_for_what_it_is_open_for(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("f", new byte[10]);
        int reading = await w.Open("f", OpenFlags.ReadOnly);
        int writing = await w.Open("f", OpenFlags.WriteOnly);
        Assert.Equal(-Errno.EBADF, await w.Do(IoRequest.Write(reading, new byte[1], 0)));
        Assert.Equal(-Errno.EBADF, await w.Do(IoRequest.Read(writing, new byte[1], 0)));
        Assert.Equal(-Errno.EBADF, await w.Do(IoRequest.Read(1_000_000_000, new byte[1], 0)));
        Assert.Equal(-Errno.ENOTSOCK, await w.Do(IoRequest.Receive(reading, new byte[1])));
        await w.Close(reading, writing);
    });

    [Theory]
    [EveryKernel(Capability.BadPointers)]
    public void A_bad_address_is_EFAULT_and_the_loop_goes_on(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("f", new byte[10]);
        int file = await w.Open("f", OpenFlags.ReadWrite);
        (int first, int second) = w.SocketPair();
        Assert.Equal(-Errno.EFAULT, await w.Do(IoRequest.Read(file, 16, 4, 0)));
        Assert.Equal(-Errno.EFAULT, await w.Do(IoRequest.Write(file, 16, 4, 0)));
        Assert.Equal(-Errno.EFAULT, await w.Do(IoRequest.Send(first, 16, 4)));
        await w.Send(first, new byte[] { 7 });
        Assert.Equal([7], await w.Receive(second, 1));
        await w.Close(file, first, second);
    });

    [Theory]
    [EveryKernel]
    public void Many_reads_and_writes_at_once_each_do_their_own(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            const int Blocks = 64;
            const int Size = 512;
            byte[] content = World.Pattern(Blocks * Size, w.Seed);
            int file = await w.Open("f", Creating);
            int[] written = await Task.WhenAll(Enumerable.Range(0, Blocks).Select(i => w.Do(IoRequest.Write(file, content.AsMemory(i * Size, Size), i * Size))));
            Assert.All(written, n => Assert.Equal(Size, n));
            byte[] read = new byte[content.Length];
            int[] got = await Task.WhenAll(Enumerable.Range(0, Blocks).Select(i => w.Do(IoRequest.Read(file, read.AsMemory(i * Size, Size), i * Size))));
            Assert.All(got, n => Assert.Equal(Size, n));
            Assert.Equal(content, read);
            await w.Close(file);
        },
        Tiny);
}
