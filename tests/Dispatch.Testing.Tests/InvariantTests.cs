using System.Net;

namespace Dispatch.Testing.Tests;

/// <summary>Each thing that the simulation watches is broken on purpose, and seen.</summary>
public sealed class InvariantTests
{
    [Fact]
    public void Memory_that_is_written_while_it_is_lent_to_be_sent_is_found()
    {
        SimulationException e = Fails(async (kernel, loop) =>
        {
            (int first, int second) = kernel.CreateSocketPair();
            byte[] data = new byte[100];
            ValueTask<int> sent = loop.ExecuteAsync(IoRequest.Send(first, data, MessageFlags.WaitAll));
            await loop.ExecuteAsync(IoRequest.Nop());
            data[17] = 1;
            for (int i = 0; i < 10; i++)
            {
                await loop.ExecuteAsync(IoRequest.Receive(second, new byte[10], MessageFlags.WaitAll));
            }

            _ = await sent;
            kernel.Close(first);
            kernel.Close(second);
        });
        Assert.Contains("Memory was changed at byte 17 of 100 while it was lent to the kernel to be sent", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_is_written_before_its_request_is_submitted_is_found()
    {
        SimulationException e = Fails(async (kernel, loop) =>
        {
            (int first, int second) = kernel.CreateSocketPair();
            byte[] data = new byte[10];
            ValueTask<int> sent = loop.ExecuteAsync(IoRequest.Send(first, data));
            data[3] = 1;
            _ = await sent;
            kernel.Close(first);
            kernel.Close(second);
        });
        Assert.Contains("Memory was changed at byte 3 of 10 while it was lent", e.Message, StringComparison.Ordinal);
        Assert.Contains("not yet submitted", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_is_written_while_it_is_lent_to_be_read_into_is_found()
    {
        SimulationException e = Fails(async (kernel, loop) =>
        {
            (int reader, int writer) = kernel.CreatePipe();
            byte[] data = new byte[100];
            ValueTask<int> read = loop.ExecuteAsync(IoRequest.Read(reader, data, 0));
            await loop.ExecuteAsync(IoRequest.Nop());
            data[3] = 1;
            _ = await loop.ExecuteAsync(IoRequest.Write(writer, "ab"u8.ToArray(), 0));
            _ = await read;
            kernel.Close(reader);
            kernel.Close(writer);
        });
        Assert.Contains("Memory was changed at byte 3 of 100 while it was lent to the kernel to be read", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_is_lent_holds_a_pattern_and_afterwards_what_was_not_written() => Worlds.OnLoop(async (kernel, loop) =>
    {
        (int reader, int writer) = kernel.CreatePipe();
        byte[] data = [9, 9, 9, 9];
        ValueTask<int> read = loop.ExecuteAsync(IoRequest.Read(reader, data, 0));
        await loop.ExecuteAsync(IoRequest.Nop());
        Assert.Equal([0xdb, 0xdb, 0xdb, 0xdb], data);
        await loop.ExecuteAsync(IoRequest.Write(writer, "ab"u8.ToArray(), 0));
        Assert.Equal(2, await read);
        Assert.Equal([(byte)'a', (byte)'b', 9, 9], data);
        kernel.Close(reader);
        kernel.Close(writer);
    });

    [Fact]
    public void A_descriptor_that_is_left_open_is_found()
    {
        SimulationException e = Fails((kernel, _) =>
        {
            kernel.CreatePipe();
            return Task.CompletedTask;
        });
        Assert.Contains("2 descriptor(s) were left open: 0 (pipe (read)), 1 (pipe (write))", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_receive_buffer_that_is_not_given_back_is_found()
    {
        SimulationException e = Assert.Throws<SimulationException>(() => SimulatedKernel.Run(
            1,
            async kernel =>
            {
                Dispatcher dispatcher = kernel.CreateDispatcher();
                dispatcher.Serve(new IPEndPoint(IPAddress.Loopback, 7000), async (connection, token) => _ = (await connection.ReceiveAsync(token)).Retain());
                SimulatedPeer peer = await kernel.ConnectAsync(7000);
                await peer.SendAsync("x"u8.ToArray());
                Assert.Empty(await peer.ReceiveToEndAsync());
                peer.Close();
            },
            Worlds.Calm));
        Assert.Contains("receive buffer(s) of loop-0 were not given back", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_terminal_completion_is_found()
    {
        SimulationException e = Fails(async (kernel, loop) =>
        {
            await loop.ExecuteAsync(IoRequest.Nop());
            kernel.Note("A second one is made up.");
            loop.Engine.Delivery.Defer(new CompletionEntry { UserData = Tags.Of(50, 3) });
        });
        Assert.Contains("completion(s) of requests that had ended already", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ring_that_is_entered_by_another_loop_is_found()
    {
        SimulationException e = Assert.Throws<SimulationException>(() => SimulatedKernel.Run(
            1,
            async kernel =>
            {
                EventLoop first = kernel.CreateLoop();
                EventLoop second = kernel.CreateLoop();
                await first.InvokeAsync(() =>
                {
                    second.Engine.Ring.Enter(0, -1);
                    return Task.CompletedTask;
                });
            },
            Worlds.Calm));
        Assert.Contains("that does not own it", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loop_that_enters_while_it_sleeps_is_found()
    {
        SimulationException e = Assert.Throws<SimulationException>(() => SimulatedKernel.Run(
            1,
            async kernel =>
            {
                EventLoop loop = kernel.CreateLoop();
                await loop.InvokeAsync(() => Task.CompletedTask);
                await kernel.DelayAsync(TimeSpan.FromMilliseconds(1));
                loop.Engine.Ring.Enter(0, -1);
            },
            Worlds.Calm));
        Assert.Contains("ring of loop-0", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loop_that_spins_is_found()
    {
        SimulationException e = Assert.Throws<SimulationException>(() => SimulatedKernel.Run(
            1,
            async kernel =>
            {
                Restless idle = new();
                idle.Loop = kernel.CreateLoop(new EventLoopOptions { Idle = idle });
                await idle.Loop.InvokeAsync(async () => await idle.Loop.DelayAsync(TimeSpan.FromHours(1)));
            },
            Worlds.Calm));
        Assert.Contains("it should sleep", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_that_comes_back_by_another_thread_is_found()
    {
        SimulationException e = Assert.Throws<SimulationException>(() => SimulatedKernel.Run(1, async _ => await Task.Run(() => Thread.Sleep(50)), Worlds.Calm));
        Assert.True(e.Message.Contains("another thread", StringComparison.Ordinal) || e.Message.Contains("outside of the simulation", StringComparison.Ordinal), e.Message);
    }

    [Fact]
    public void An_exception_of_user_code_fails_the_run()
    {
        SimulationException e = Assert.Throws<SimulationException>(() => SimulatedKernel.Run(
            1,
            async kernel =>
            {
                EventLoop loop = kernel.CreateLoop();
                loop.Post(() => throw new InvalidOperationException("Mine."));
                await kernel.DelayAsync(TimeSpan.FromSeconds(1));
            },
            Worlds.Calm));
        Assert.IsType<InvalidOperationException>(e.InnerException);
    }

    private static SimulationException Fails(Func<SimulatedKernel, EventLoop, Task> code) => Assert.Throws<SimulationException>(() => Worlds.OnLoop(code, new SimulationOptions { Faults = FaultPlan.None, SocketBufferBytes = 10 }));

    /// <summary>Goes to sleep, and sees to it that the loop finds itself called.</summary>
    private sealed class Restless : IdleStrategy
    {
        public EventLoop? Loop { get; set; }

        public override IdleAction Decide(int emptyTurns)
        {
            Loop?.Engine.Inbox.ResumeLater();
            return IdleAction.Park;
        }
    }
}
