namespace Dispatch.Conformance.Files;

/// <summary>Requests on pipes.</summary>
public sealed class PipeTests : KernelTests
{
    [Theory]
    [EveryKernel]
    [Covers(nameof(IoRequest.Pipe))]
    public void A_pipe_is_made_and_what_goes_in_comes_out(TestedKernel kernel) => Run(kernel, async w =>
    {
        PipeEnds ends = new();
        Assert.Equal(0, await w.Do(IoRequest.Pipe(ends)));
        Assert.Equal(3, await w.Do(IoRequest.Write(ends.WriteEnd, "abc"u8.ToArray(), -1)));
        byte[] buffer = new byte[8];
        Assert.Equal(3, await w.Do(IoRequest.Read(ends.ReadEnd, buffer, -1)));
        Assert.Equal("abc"u8.ToArray(), buffer[..3]);
        await w.Close(ends.WriteEnd);
        Assert.Equal(0, await w.Do(IoRequest.Read(ends.ReadEnd, buffer, -1)));
        await w.Close(ends.ReadEnd);
    });

    [Theory]
    [EveryKernel]
    public void A_pipe_that_nobody_takes_any_more_is_closed(TestedKernel kernel) => Poll(kernel, w =>
    {
        long orphans = w.Loop.Statistics.Orphans;
        Recorder<Completion> nobody = new();
        OperationHandle pipe = w.Loop.Observe(IoRequest.Pipe(new PipeEnds()), nobody);
        w.Loop.Engine.Enter(0, -1);
        pipe.Unsubscribe();
        w.Until(() => !pipe.IsPending);
        Assert.Empty(nobody.Items);
        Assert.InRange(w.Loop.Statistics.Orphans - orphans, 0, 1); // 0 where it was cancelled in time; the run looks for what was left open.
    });

    [Theory]
    [EveryKernel(Capability.Splicing)]
    [Covers(nameof(IoRequest.Splice))]
    [Covers(nameof(IoRequest.Tee))]
    public void Data_is_spliced_from_a_file_through_a_pipe_into_another_and_teed_on_its_way(TestedKernel kernel) => Run(kernel, async w =>
    {
        await w.File("from", World.Pattern(1000));
        int from = await w.Open("from", OpenFlags.ReadOnly);
        int to = await w.Open("to", OpenFlags.ReadWrite | OpenFlags.Create);
        (int readEnd, int writeEnd) = w.Pipe();
        (int otherReadEnd, int otherWriteEnd) = w.Pipe();
        Assert.Equal(-Errno.EAGAIN, await w.Do(IoRequest.Splice(readEnd, -1, to, 0, 100)));
        Assert.Equal(500, await w.Do(IoRequest.Splice(from, 100, writeEnd, -1, 500)));
        Assert.Equal(500, await w.Do(IoRequest.Tee(readEnd, otherWriteEnd, 4096)));
        Assert.Equal(500, await w.Do(IoRequest.Splice(readEnd, -1, to, 7, 4096)));
        byte[] wanted = [.. new byte[7], .. World.Pattern(1000)[100..600]];
        Assert.Equal(wanted, await w.ReadAll(to));
        byte[] teed = new byte[500];
        Assert.Equal(500, await w.Do(IoRequest.Read(otherReadEnd, teed, -1)));
        Assert.Equal(World.Pattern(1000)[100..600], teed);
        Assert.Equal(-Errno.EAGAIN, await w.Do(IoRequest.Tee(readEnd, otherWriteEnd, 1)));
        Assert.Equal(-Errno.EINVAL, await w.Do(IoRequest.Splice(from, 0, to, 0, 10))); // Neither is a pipe.
        await w.Close(writeEnd);
        Assert.Equal(0, await w.Do(IoRequest.Splice(readEnd, -1, to, 0, 10)));
        await w.Close(readEnd, otherReadEnd, otherWriteEnd, to, from);
        Assert.Equal(-Errno.EBADF, await w.Do(IoRequest.Splice(readEnd, -1, to, 0, 10)));
    });

    [Theory]
    [EveryKernel(Capability.MultishotReads)]
    [Covers(nameof(IoRequest.ReadMultishot))]
    public void A_multishot_read_brings_what_comes_through_a_pipe_until_its_end(TestedKernel kernel) => Poll(kernel, w =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        List<byte> got = [];
        Recorder<Completion> items = new(c =>
        {
            if (c.BufferId >= 0)
            {
                using BufferLease lease = w.Loop.TakeBuffer(c);
                got.AddRange(lease.Span);
            }
        });
        w.Loop.Observe(IoRequest.ReadMultishot(readEnd), items);
        for (byte i = 0; i < 5; i++)
        {
            byte[] two = [i, (byte)(i + 100)];
            w.Drive(async () => Assert.Equal(2, await w.Do(IoRequest.Write(writeEnd, two, -1))));
            w.Until(() => got.Count == (i + 1) * 2);
        }

        w.Drive(() => w.Close(writeEnd));
        w.Until(() => items.IsCompleted);
        Assert.Equal([0, 100, 1, 101, 2, 102, 3, 103, 4, 104], got);
        Assert.Equal(0, items.Items[^1].Result);
        w.Drive(async () =>
        {
            await w.File("f", [1]);
            int file = await w.Open("f", OpenFlags.ReadOnly);
            Assert.Equal(-Errno.EBADFD, await w.Do(IoRequest.ReadMultishot(file)));
            await w.Close(readEnd, file);
        });
        Assert.Equal(0, w.Loop.Engine.ReceiveBuffers.Leased);
    });
}
