using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Dispatch.Tests.Kernel;

/// <summary>After a close: the terminal completion of everything that was in flight still arrives in memory of ours, and only then is a buffer ours again.</summary>
public sealed unsafe class RingCloseTests
{
    [Fact]
    public void Requests_in_flight_at_the_close_complete_in_memory()
    {
        const int Requests = 6;
        using Pipe pipe = new();
        byte* buffer = (byte*)NativeMemory.AllocZeroed(Requests);
        using RawRing ring = RawRing.Create();
        Assert.SkipUnless(ring.Ring.CompletesAfterClose, "This kernel has no rings in user memory.");
        for (ulong i = 0; i < Requests; i++)
        {
            ring.Stage(pipe.Read(buffer + i, 1, tag: i));
        }

        Assert.Equal(Requests, ring.Enter());
        ring.Close();

        HashSet<ulong> cancelled = [];
        Native.WaitUntil(
            () =>
            {
                while (ring.TryTake(out CompletionEntry entry))
                {
                    Assert.Equal(-Errno.ECANCELED, entry.Result);
                    Assert.True(cancelled.Add(entry.UserData));
                }

                return cancelled.Count == Requests;
            },
            "Not every request completed after the close.");
        NativeMemory.Free(buffer);
    }

    [Fact]
    public void Requests_whose_thread_has_ended_complete_after_a_close_by_another()
    {
        using Pipe pipe = new();
        byte* buffer = (byte*)NativeMemory.AllocZeroed(1);
        RawRing? ring = null;
        OnThread.Run(() =>
        {
            ring = RawRing.Create();
            ring.Stage(pipe.Read(buffer, 1, tag: 9));
            Assert.Equal(1, ring.Enter());
        });
        Assert.SkipUnless(ring!.Ring.CompletesAfterClose, "This kernel has no rings in user memory.");

        ring.Ring.Close(fromOwner: false);

        CompletionEntry entry = default;
        Native.WaitUntil(() => ring.TryTake(out entry), "The request did not complete after the close.");
        Assert.Equal((9ul, -Errno.ECANCELED), (entry.UserData, entry.Result));
        ring.Ring.ReleaseMemory();
        NativeMemory.Free(buffer);
    }

    [Fact]
    public void Direct_reads_in_flight_at_the_close_complete_in_memory_with_what_they_read()
    {
        const int Reads = 8;
        const int Bytes = 1 << 20;
        using TemporaryFolder folder = new();
        byte[] content = new byte[Reads * Bytes];
        new Random(1).NextBytes(content);
        int file = Native.Open(folder.File("direct", content), ProcessorFlags.Direct, 0);
        Assert.SkipWhen(file < 0 && LibC.errno == Errno.EINVAL, "The tests' own folder is on a file system without direct I/O.");
        byte* buffer = (byte*)NativeMemory.AlignedAlloc(Reads * Bytes, 4096);
        for (int round = 0; round < 5; round++)
        {
            NativeMemory.Clear(buffer, Reads * Bytes);
            using RawRing ring = RawRing.Create();
            Assert.SkipUnless(ring.Ring.CompletesAfterClose, "This kernel has no rings in user memory.");
            for (uint i = 0; i < Reads; i++)
            {
                ring.Stage(new SubmissionEntry { Opcode = Opcode.Read, Fd = file, Address = (ulong)(buffer + (i * Bytes)), Length = Bytes, Offset = i * Bytes, UserData = i });
            }

            Assert.Equal(Reads, ring.Enter());
            ring.Close();

            Dictionary<ulong, int> results = [];
            Native.WaitUntil(
                () =>
                {
                    while (ring.TryTake(out CompletionEntry entry))
                    {
                        Assert.True(results.TryAdd(entry.UserData, entry.Result));
                    }

                    return results.Count == Reads;
                },
                "Not every read completed after the close.");
            foreach ((ulong tag, int result) in results)
            {
                Assert.True(result == Bytes || result == -Errno.ECANCELED, $"Read {tag} ended with {result}.");
                Assert.True(result < 0 || new Span<byte>(buffer + (tag * Bytes), Bytes).SequenceEqual(content.AsSpan((int)tag * Bytes, Bytes)));
            }
        }

        NativeMemory.AlignedFree(buffer);
        Assert.Equal(0, LibC.close(file));
    }

    [Fact]
    public void Closing_twice_does_not_close_the_next_owner_of_the_number()
    {
        RawRing ring = RawRing.Create();
        int number = ring.Ring.MessageDescriptor;
        ring.Close();
        Assert.Equal(number, LibC.fcntl(2, LibC.F_DUPFD, number));

        ring.Ring.Close(fromOwner: true);

        Assert.Equal(0, LibC.close(number));
        ring.Dispose();
    }
}
