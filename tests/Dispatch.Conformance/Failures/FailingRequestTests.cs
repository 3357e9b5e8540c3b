using System.Net;
using System.Net.Sockets;

namespace Dispatch.Conformance.Failures;

/// <summary>Every kind of request on a machine whose disks, limits and connections fail: each brings its result, or an error that is one of its own, and what it has made can be given back.</summary>
public sealed class FailingRequestTests : KernelTests
{
    private const int Internet = 2;
    private const int StreamCloseOnExec = 1 | 0x80000;
    private const int DatagramCloseOnExec = 2 | 0x80000;

    private static readonly int[] Disk = [Errno.EIO];
    private static readonly int[] Space = [Errno.EIO, Errno.ENOSPC];
    private static readonly int[] Opens = [Errno.EIO, Errno.EMFILE];
    private static readonly int[] Accepts = [Errno.EMFILE, Errno.ENOBUFS, Errno.ENOMEM];
    private static readonly int[] Broken = [Errno.ECONNRESET, Errno.EPIPE];

    [Theory]
    [EveryKernel]
    public void Requests_on_files_fail_with_errors_of_their_own_and_what_succeeded_is_true(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            Attempts on = new(w);
            RegisteredBufferPool pool = w.Loop.RegisterBuffers(1, 4096);
            Assert.True(pool.TryRent(out RegisteredBuffer? buffer));
            int folder = await on.Try(IoRequest.MakeDirectory(w["folder"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute), Disk);
            int file = await on.Until(IoRequest.OpenAt(w["file"], OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.CloseOnExec, UnixFileMode.UserRead | UnixFileMode.UserWrite), Opens);
            for (int i = 0; i < w.Rounds(8); i++)
            {
                byte[] data = World.Pattern(600, i + w.Seed);
                byte[] read = new byte[600];
                data.CopyTo(buffer!.Memory);
                await on.Try(IoRequest.Allocate(file, 0, 8192), Space);
                int written = await on.Try(
                    (i % 3) switch
                    {
                        0 => IoRequest.Write(file, data, 0),
                        1 => IoRequest.WriteVector(file, [data.AsMemory(0, 100), data.AsMemory(100)], 0),
                        _ => IoRequest.WriteFixed(file, buffer, data.Length, 0),
                    },
                    Space);
                await on.Try(IoRequest.Sync(file, dataOnly: i % 2 == 0), Disk);
                await on.Try(IoRequest.Advise(file, FileAdvice.WillNeed), Disk);
                int got = await on.Try(
                    (i % 3) switch
                    {
                        0 => IoRequest.Read(file, read, 0),
                        1 => IoRequest.ReadVector(file, [read.AsMemory(0, 100), read.AsMemory(100)], 0),
                        _ => IoRequest.ReadFixed(file, buffer, read.Length, 0),
                    },
                    Disk);
                int same = Math.Min(written, got);
                Assert.True(same <= 0 || data.AsSpan(0, same).SequenceEqual((i % 3 == 2 ? buffer.Memory[..same] : read.AsMemory(0, same)).Span), "Something else was read than was written.");
                await on.Try(IoRequest.SetLength(file, 4096), Space);
                await on.Try(IoRequest.Status(w["file"], new byte[FileStatus.RecordBytes]), Disk);
            }

            ((IDisposable)buffer!).Dispose();
            await w.Close(file);
            Assert.InRange(await on.Until(IoRequest.Rename(w["file"], w["renamed"]), Disk), 0, 0);
            await on.Until(IoRequest.Unlink(w["renamed"]), Disk);
            if (folder == 0)
            {
                await on.Until(IoRequest.Unlink(w["folder"], isDirectory: true), Disk);
            }
        },
        tolerates: Tolerance.Partial | Tolerance.Errors);

    [Theory]
    [EveryKernel]
    public void Requests_on_connections_fail_with_errors_of_their_own_and_bytes_stay_in_order(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            Attempts on = new(w);
            (int listener, EndPoint endPoint) = await on.Make(w.Listen);
            for (int i = 0; i < w.Rounds(6); i++)
            {
                int client = await on.Until(IoRequest.Socket(Internet, StreamCloseOnExec), [Errno.EMFILE]);
                Assert.Equal(0, await w.Do(IoRequest.Connect(client, endPoint)));
                int server = i % 2 == 0 ? await on.Until(IoRequest.Accept(listener), Accepts) : await AcceptOneOfMany(w, on, listener);
                byte[] data = World.Pattern(300, i + w.Seed);
                byte[] got = new byte[300];
                int sent = await on.Try(IoRequest.Send(client, data), Broken);
                Task<int> ready = on.Try(IoRequest.Poll(server, PollEvents.Readable), Broken);
                int received = sent < 0 ? sent : await on.Try(IoRequest.Receive(server, got), Broken);
                Assert.True(received <= 0 || data.AsSpan(0, received).SequenceEqual(got.AsSpan(0, received)), "Something else came than was sent.");
                await on.Try(IoRequest.Shutdown(client, SocketShutdown.Send), [Errno.ENOTCONN]);
                await w.Close(client);
                await ready;
                int rest;
                do
                {
                    rest = await on.Try(IoRequest.Receive(server, got), Broken);
                }
                while (rest > 0);
                await w.Close(server);
            }

            await w.Close(listener);
        },
        tolerates: Tolerance.Partial | Tolerance.Errors);

    [Theory]
    [EveryKernel]
    public void Requests_on_datagram_sockets_fail_with_errors_of_their_own_and_lose_no_datagram_that_was_taken(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            Attempts on = new(w);
            (int receiver, EndPoint endPoint) = await on.Make(() => w.Datagram(AddressFamily.InterNetwork));
            int sender = await on.Until(IoRequest.Socket(Internet, DatagramCloseOnExec), [Errno.EMFILE]);
            Assert.Equal(0, await w.Do(IoRequest.Connect(sender, endPoint)));
            byte[] got = new byte[100];
            for (int i = 0; i < w.Rounds(20); i++)
            {
                int sent = await on.Try(IoRequest.Send(sender, new[] { (byte)i }), [Errno.ENOBUFS]);
                Assert.Equal(sent > 0 ? 1 : -Errno.EAGAIN, await w.Do(IoRequest.Receive(receiver, got, MessageFlags.DoNotWait)));
                Assert.True(sent < 0 || got[0] == i, "Another datagram came.");
            }

            await w.Close(sender, receiver);
        },
        tolerates: Tolerance.Partial | Tolerance.Errors);

    private static async Task<int> AcceptOneOfMany(World w, Attempts on, int listener)
    {
        while (true)
        {
            Recorder<Completion> items = new();
            OperationHandle accepting = w.Loop.Observe(IoRequest.AcceptMultishot(listener), items);
            await w.TurnUntil(() => items.Items.Count != 0);
            accepting.Cancel();
            await w.TurnUntil(() => items.IsCompleted);
            int[] results = [.. items.Items.Select(c => (int)c.Result)];
            Assert.All(results.Where(r => r < 0 && r != -Errno.ECANCELED), r => on.Verify("accept", r, Accepts));
            if (Array.Find(results, r => r >= 0) is var accepted and not 0)
            {
                return accepted;
            }
        }
    }

    /// <summary>Requests that may fail, where there is a seed to decide it: elsewhere each has to succeed.</summary>
    private sealed class Attempts(World w)
    {
        /// <summary>Makes a request, and returns its result.</summary>
        public async Task<int> Try(IoRequest request, int[] errors)
        {
            int result = await w.Do(request);
            Verify(request.Name, result, errors);
            return result;
        }

        /// <summary>Makes a request until it succeeds.</summary>
        public async Task<int> Until(IoRequest request, int[] errors)
        {
            int result;
            do
            {
                result = await Try(request, errors);
            }
            while (result < 0);
            return result;
        }

        /// <summary>Makes something until there is a descriptor for it.</summary>
        public async Task<T> Make<T>(Func<T> make)
        {
            while (true)
            {
                try
                {
                    return make();
                }
                catch (SocketException e) when (w.Seed != 0 && e.SocketErrorCode == SocketError.TooManyOpenSockets)
                {
                    await w.Turn();
                }
            }
        }

        public void Verify(string call, int result, int[] errors) =>
            Assert.True(result >= 0 || (w.Seed != 0 && errors.Contains(-result)), $"{call}: {Errno.Name(-result)}");
    }
}
