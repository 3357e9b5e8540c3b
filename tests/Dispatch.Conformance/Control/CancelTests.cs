using System.Net;
using System.Runtime.InteropServices;

namespace Dispatch.Conformance.Control;

/// <summary>Cancelling asks; the terminal completion answers, once, and throws no result away.</summary>
public sealed class CancelTests : KernelTests
{
    [Theory]
    [EveryKernel]
    public void Every_kind_of_request_that_can_wait_for_ever_can_be_cancelled(TestedKernel kernel) => Run(kernel, async w =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        (int ours, int theirs) = w.SocketPair();
        (int listener, EndPoint _) = w.Listen();
        nint word = Marshal.AllocHGlobal(4);
        Marshal.WriteInt32(word, 1);
        IoRequest[] requests =
        [
            IoRequest.Read(readEnd, new byte[8], -1),
            IoRequest.ReadVector(readEnd, new Memory<byte>[] { new byte[4], new byte[4] }, -1),
            IoRequest.Receive(ours, new byte[8]),
            IoRequest.Receive(ours, new byte[8], MessageFlags.WaitAll),
            IoRequest.Accept(listener),
            IoRequest.AcceptMultishot(listener),
            IoRequest.Poll(readEnd, PollEvents.Readable),
            IoRequest.PollMultishot(readEnd, PollEvents.Readable),
            IoRequest.ReceiveMultishot(ours),
            IoRequest.Timeout(TimeSpan.FromHours(1)),
            IoRequest.FutexWait(word, 1),
        ];
        for (int turns = 0; turns < 3; turns++)
        {
            foreach (IoRequest request in requests)
            {
                using CancellationTokenSource source = new();
                Task<Completion> one = w.Loop.CompleteAsync(request, source.Token).AsTask();
                await w.Turn(turns);
                Assert.False(one.IsCompleted, request.Name);
                source.Cancel();
                Assert.Equal((request.Name, -Errno.ECANCELED), (request.Name, (int)(await one).Result));
            }
        }

        Task<Completion>[] all = [.. requests.Select(r => w.Loop.CompleteAsync(r).AsTask())];
        await w.Turn(2);
        w.Loop.CancelAll();
        Assert.All(await Task.WhenAll(all), c => Assert.Equal(-Errno.ECANCELED, c.Result));
        Marshal.FreeHGlobal(word);
        await w.Close(readEnd, writeEnd, ours, theirs, listener);
    });

    [Theory]
    [EveryKernel]
    public void An_await_ends_at_the_terminal_completion_and_throws_with_its_token(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Cancels, body: async w =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        using CancellationTokenSource source = new();
        ValueTask<int> read = w.Loop.ExecuteAsync(IoRequest.Read(readEnd, new byte[1], -1), source.Token);
        source.Cancel();
        Assert.False(read.IsCompleted);
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await read);
        Assert.Equal(source.Token, thrown.CancellationToken);
        await Assert.ThrowsAsync<TimeoutException>(async () => await w.Loop.ExecuteAsync(IoRequest.Read(readEnd, new byte[1], -1).WithDeadline(TimeSpan.FromMilliseconds(2))));
        await w.Close(readEnd, writeEnd);
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.CancelRace)]
    public void A_cancel_against_a_completion_gives_one_outcome_and_loses_no_byte(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Cancels, body: async w =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        int rounds = w.Rounds(2000);
        List<byte> got = [];
        int ended = 0;
        byte[] buffer = new byte[1];
        for (int i = 0; i < rounds; i++)
        {
            using CancellationTokenSource source = new();
            Task<Completion> read = w.Loop.CompleteAsync(IoRequest.Read(readEnd, buffer, -1), source.Token).AsTask();
            await w.Turn(i & 1);
            Task<int> write = Task.FromResult(1);
            if ((i & 2) == 0)
            {
                source.Cancel();
                write = w.Do(IoRequest.Write(writeEnd, new byte[] { (byte)i }, -1));
            }
            else
            {
                write = w.Do(IoRequest.Write(writeEnd, new byte[] { (byte)i }, -1));
                await w.Turn((i >> 2) & 1);
                source.Cancel();
            }

            Completion answer = await read;
            ended++;
            Assert.Equal(1, await write);
            if (answer.Result != 1)
            {
                Assert.Equal(-Errno.ECANCELED, answer.Result);
                Assert.Equal(1, await w.Do(IoRequest.Read(readEnd, buffer, -1)));
            }

            got.Add(buffer[0]);
        }

        Assert.Equal(Enumerable.Range(0, rounds).Select(i => (byte)i), got);
        Assert.Equal(rounds, ended);
        await w.Close(readEnd, writeEnd);
    });

    [Theory]
    [EveryKernel]
    public void Cancels_of_another_thread_against_completions_lose_no_byte_and_never_reach_the_next_request(TestedKernel kernel) => Run(kernel, hasThreads: true, body: async w =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        byte[] buffer = new byte[1];
        for (int i = 0; i < 5000; i++)
        {
            using CancellationTokenSource source = new();
            Task<Completion> read = w.Loop.CompleteAsync(IoRequest.Read(readEnd, buffer, -1), source.Token).AsTask();
            Task cancel = Task.Run(source.Cancel);
            Assert.Equal(1, await w.Do(IoRequest.Write(writeEnd, new byte[] { (byte)i }, -1)));
            if ((await read).Result != 1)
            {
                Assert.Equal(1, await w.Do(IoRequest.Read(readEnd, buffer, -1)));
            }
            else
            {
                Task<int> next = w.Do(IoRequest.Read(readEnd, new byte[1], -1));
                await cancel;
                Assert.Equal(1, await w.Do(IoRequest.Write(writeEnd, new byte[1], -1)));
                Assert.Equal(1, await next);
            }

            Assert.Equal((byte)i, buffer[0]);
            await cancel;
        }

        await w.Close(readEnd, writeEnd);
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.CancelledOpen)]
    public void A_cancelled_open_that_succeeded_is_handed_out_or_closed(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Cancels, body: async w =>
    {
        int opened = 0;
        for (int i = 0; i < w.Rounds(100); i++)
        {
            // Creating, and so not at once where a kernel has workers for it.
            IoRequest open = IoRequest.OpenAt(w[$"f{i}"], OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.CloseOnExec, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            using CancellationTokenSource source = new();
            Task<Completion> awaited = w.Loop.CompleteAsync(open, source.Token).AsTask();
            await w.Turn(i % 3);
            source.Cancel();
            Completion answer = await awaited;
            if (answer.IsError)
            {
                Assert.Equal(-Errno.ECANCELED, answer.Result);
            }
            else
            {
                opened++;
                await w.Close((int)answer.Result);
            }

            // Nobody is left to take this one: Dispatch has to close it.
            Recorder<Completion> nobody = new();
            OperationHandle observed = w.Loop.Observe(open, nobody);
            await w.Turn(i % 3);
            observed.Unsubscribe();
            if (nobody.Items.Count != 0)
            {
                await w.Close((int)nobody.Items[0].Result);
            }
        }

        Assert.InRange(opened, 0, 100);
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.CancelledAccept)]
    public void A_cancelled_accept_that_succeeded_is_handed_out_or_closed(TestedKernel kernel) => Run(kernel, tolerates: Tolerance.Cancels, body: async w =>
    {
        (int listener, EndPoint endPoint) = w.Listen();
        for (int i = 0; i < w.Rounds(100); i++)
        {
            using CancellationTokenSource source = new();
            Task<Completion> awaited = w.Loop.CompleteAsync(IoRequest.Accept(listener), source.Token).AsTask();
            await w.Turn(i & 1);
            int client = await w.Do(IoRequest.Socket(2, 1 | 0x80000));
            Task<int> connect = w.Do(IoRequest.Connect(client, endPoint));
            await w.Turn(i % 3);
            source.Cancel();
            Completion answer = await awaited;
            Assert.Equal(0, await connect);
            int server = answer.IsError ? await w.Do(IoRequest.Accept(listener)) : (int)answer.Result;
            Assert.InRange(server, 0, int.MaxValue);
            await w.Send(client, new byte[] { (byte)i });
            Assert.Equal([(byte)i], await w.Receive(server, 1));
            await w.Close(server, client);

            Recorder<Completion> nobody = new();
            int inFlight = w.Loop.Statistics.InFlight;
            IDisposable subscription = w.Loop.Observe(IoRequest.Accept(listener)).Subscribe(nobody);
            client = await w.Do(IoRequest.Socket(2, 1 | 0x80000));
            connect = w.Do(IoRequest.Connect(client, endPoint));
            await w.Turn(i % 3);
            subscription.Dispose();
            Assert.Equal(0, await connect);
            server = nobody.Items.Count != 0 ? (int)nobody.Items[0].Result : -1;
            if (server >= 0)
            {
                await w.Close(server);
            }

            await w.Close(client);
            await w.TurnUntil(() => w.Loop.Statistics.InFlight <= inFlight); // Till then it may still take one.
            await EmptyAsync(w, listener, endPoint); // Closed by Dispatch, or still in the queue.
        }

        await w.Close(listener);
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.LateCancel)]
    public void A_handle_that_outlived_its_request_does_not_cancel_the_next_tenant_of_the_slot(TestedKernel kernel) => Poll(kernel, tolerates: Tolerance.Cancels, body: w =>
    {
        (int readEnd, int writeEnd) = w.Pipe();
        for (int i = 0; i < w.Rounds(50); i++)
        {
            Recorder<Completion> first = new();
            OperationHandle stale = w.Loop.Observe(IoRequest.Nop(), first);
            if (i % 2 == 0)
            {
                w.Loop.Engine.Enter(0, -1);
                stale.Cancel(); // May reach the kernel when the request has ended there and its completion is not delivered.
            }

            w.Until(() => first.IsCompleted);
            Recorder<Completion> second = new();
            OperationHandle current = w.Loop.Observe(IoRequest.Poll(readEnd, PollEvents.Readable), second);
            Assert.NotEqual(stale, current);
            Assert.False(stale.IsPending);
            stale.Cancel();
            w.Drive(() => w.Turn(5));
            Assert.Empty(second.Items);
            w.Drive(async () => Assert.Equal(1, await w.Do(IoRequest.Write(writeEnd, new byte[1], -1))));
            w.Until(() => second.IsCompleted);
            Assert.Equal((long)PollEvents.Readable, Assert.Single(second.Items).Result);
            w.Drive(async () => Assert.Equal(1, await w.Do(IoRequest.Read(readEnd, new byte[1], -1))));
        }

        w.Drive(() => w.Close(readEnd, writeEnd));
    });

    /// <summary>Takes what waits at a listener, whose clients are gone, up to a connection that is made for this.</summary>
    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.CancelledReceive)]
    public void A_cancelled_receive_of_all_brings_what_it_has_or_leaves_it(TestedKernel kernel) => Run(kernel, async w =>
    {
        (int ours, int theirs) = w.SocketPair();
        for (int turns = 0; turns < 4; turns++)
        {
            byte[] got = new byte[10];
            using CancellationTokenSource source = new();
            Task<Completion> receive = w.Loop.CompleteAsync(IoRequest.Receive(ours, got, MessageFlags.WaitAll), source.Token).AsTask();
            await w.Turn(2);
            await w.Send(theirs, new byte[] { 1, 2, 3 });
            await w.Turn(turns);
            source.Cancel();
            int result = (int)(await receive).Result;
            Assert.Contains(result, new[] { 3, -Errno.ECANCELED });
            Assert.Equal([1, 2, 3], result > 0 ? got[..result] : await w.Receive(ours, 3));
        }

        await w.Close(ours, theirs);
    });

    private static async Task EmptyAsync(World w, int listener, EndPoint endPoint)
    {
        int last = await w.Do(IoRequest.Socket(2, 1 | 0x80000));
        Assert.Equal(0, await w.Do(IoRequest.Connect(last, endPoint)));
        await w.Send(last, new byte[] { 1 });
        int got;
        do
        {
            int server = await w.Do(IoRequest.Accept(listener));
            got = await w.Do(IoRequest.Receive(server, new byte[1]));
            await w.Close(server);
        }
        while (got != 1);
        await w.Close(last);
    }
}
