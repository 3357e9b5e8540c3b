namespace Dispatch.Conformance.Files;

/// <summary>Links, ways that a path may not take, ranges of files and of memory.</summary>
public sealed class LinkTests : KernelTests
{
    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.MakeSymbolicLink))]
    [Covers(nameof(IoRequest.MakeHardLink))]
    public void A_link_leads_to_its_file_and_a_hard_link_is_the_file(TestedKernel kernel) => Run(kernel, async w =>
    {
        string file = await w.File("f", "content"u8.ToArray());
        Assert.Equal(0, await w.Do(IoRequest.MakeSymbolicLink(file, w["symbolic"])));
        Assert.Equal(0, await w.Do(IoRequest.MakeHardLink(file, w["hard"])));
        Assert.Equal(-Errno.EEXIST, await w.Do(IoRequest.MakeSymbolicLink(file, w["hard"])));
        Assert.Equal(-Errno.EEXIST, await w.Do(IoRequest.MakeHardLink(file, w["symbolic"])));
        Assert.Equal("content"u8.ToArray(), await w.ReadAll("symbolic"));
        Assert.Equal(0, await w.Do(IoRequest.Unlink(file)));
        Assert.Equal("content"u8.ToArray(), await w.ReadAll("hard"));
        Assert.Equal(-Errno.ENOENT, await w.Do(IoRequest.OpenAt(w["symbolic"], OpenFlags.ReadOnly)));
        byte[] record = new byte[FileStatus.RecordBytes];
        Assert.Equal(0, await w.Do(IoRequest.Status(w["symbolic"], record, followLinks: false)));
        Assert.Equal(FileKind.SymbolicLink, FileStatus.Parse(record).Kind);
    });

    [Theory]
    [EveryKernel(Capability.GuardedOpens)]
    [Covers(nameof(IoRequest.OpenWith))]
    public void An_open_beneath_a_directory_leads_nowhere_else(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("outside", [1]);
        Assert.Equal(0, await w.Do(IoRequest.MakeDirectory(w["d"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)));
        await w.File("d/inside", "in"u8.ToArray());
        Assert.Equal(0, await w.Do(IoRequest.MakeSymbolicLink("inside", w["d/link"])));
        int directory = await w.Open("d", OpenFlags.ReadOnly);
        OpenHow how = new(OpenFlags.ReadOnly | OpenFlags.CloseOnExec, Resolve: OpenResolve.Beneath);
        int file = await w.Do(IoRequest.OpenWith("inside", how, directory));
        Assert.Equal("in"u8.ToArray(), await w.ReadAll(file));
        Assert.Equal(-Errno.EXDEV, await w.Do(IoRequest.OpenWith("../outside", how, directory)));
        Assert.Equal(-Errno.EXDEV, await w.Do(IoRequest.OpenWith(w["outside"], how, directory)));
        Assert.Equal(-Errno.ELOOP, await w.Do(IoRequest.OpenWith("link", how with { Resolve = OpenResolve.NoSymbolicLinks }, directory)));
        Assert.Equal(-Errno.EINVAL, await w.Do(IoRequest.OpenWith("inside", how with { Mode = UnixFileMode.UserRead }, directory)));
        await w.Close(file, directory);
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.SyncRange))]
    public void A_range_of_a_file_is_written_back_and_a_pipe_has_none(TestedKernel kernel) => Run(kernel, async w =>
    {
        int file = await w.Open("f", OpenFlags.ReadWrite | OpenFlags.Create);
        await w.WriteAll(file, World.Pattern(10_000), 0);
        Assert.Equal(0, await w.Do(IoRequest.SyncRange(file, 0, 4096, SyncRangeFlags.WaitBefore | SyncRangeFlags.Write | SyncRangeFlags.WaitAfter)));
        Assert.Equal(0, await w.Do(IoRequest.SyncRange(file, 4096, 0, SyncRangeFlags.Write)));
        Assert.Equal(-Errno.EINVAL, await w.Do(IoRequest.SyncRange(file, 0, 1, (SyncRangeFlags)8)));
        (int readEnd, int writeEnd) = w.Pipe();
        Assert.Equal(-Errno.ESPIPE, await w.Do(IoRequest.SyncRange(readEnd, 0, 0, SyncRangeFlags.Write)));
        await w.Close(file, readEnd, writeEnd);
    });

    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.AdviseMemory))]
    public void Advice_on_memory_is_taken(TestedKernel kernel) => Run(kernel, async w =>
    {
        using AlignedMemory memory = AlignedMemory.Allocate(Environment.SystemPageSize);
        Assert.Equal(0, await w.Do(IoRequest.AdviseMemory(memory.Address, Environment.SystemPageSize, MemoryAdvice.WillNeed)));
        Assert.Equal(0, await w.Do(IoRequest.AdviseMemory(memory.Address, Environment.SystemPageSize, MemoryAdvice.Normal)));
    });

    [Theory]
    [EveryKernel(Capability.VectorsInRegisteredBuffers)]
    [Covers(nameof(IoRequest.ReadVectorFixed))]
    [Covers(nameof(IoRequest.WriteVectorFixed))]
    public void Pieces_of_a_registered_buffer_are_written_from_and_read_into(TestedKernel kernel) => Run(kernel, async w =>
    {
        RegisteredBufferPool pool = w.Loop.RegisterBuffers(2, 4096);
        Assert.True(pool.TryRent(out RegisteredBuffer? one));
        Assert.True(pool.TryRent(out RegisteredBuffer? two));
        World.Pattern(4096).CopyTo(one.Memory);
        int file = await w.Open("f", OpenFlags.ReadWrite | OpenFlags.Create);
        Assert.Equal(30, await w.Do(IoRequest.WriteVectorFixed(file, one, [100..120, 0..10], 5)));
        Assert.Equal(30, await w.Do(IoRequest.ReadVectorFixed(file, two, [0..20, 4086..4096], 5)));
        Assert.Equal(World.Pattern(4096)[100..120], two.Memory[..20].ToArray());
        Assert.Equal(World.Pattern(4096)[..10], two.Memory[4086..].ToArray());
        await w.Close(file);
        ((IDisposable)one).Dispose();
        ((IDisposable)two).Dispose();
    });
}
