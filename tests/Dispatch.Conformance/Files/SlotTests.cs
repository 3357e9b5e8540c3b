using System.Net;
using System.Runtime.InteropServices;

namespace Dispatch.Conformance.Files;

/// <summary>Direct descriptors, and buffers that are provided by requests.</summary>
public sealed class SlotTests : KernelTests
{
    private static readonly byte[] Content = "content"u8.ToArray();

    [Theory]
    [EveryKernel(Capability.DirectDescriptors)]
    [Covers(nameof(IoRequest.UpdateSlots))]
    [Covers(nameof(IoRequest.InstallSlot))]
    [Covers(nameof(IoRequest.CloseSlot))]
    public void A_slot_is_filled_read_from_given_a_descriptor_and_cleared(TestedKernel kernel) => Run(kernel, async w =>
    {
        Assert.Equal(-Errno.ENXIO, await w.Do(IoRequest.UpdateSlots(new DirectSlot(1), 0)));
        DirectSlot.RegisterTable(w.Loop, 8);
        Assert.Throws<InvalidOperationException>(() => DirectSlot.RegisterTable(w.Loop, 8));
        await w.File("f", Content);
        int file = await w.Open("f", OpenFlags.ReadOnly);
        DirectSlot slot = new(3);
        Assert.Equal(1, await w.Do(IoRequest.UpdateSlots(slot, file)));
        await w.Close(file);
        byte[] buffer = new byte[16];
        Assert.Equal(7, await w.Do(IoRequest.Read(slot, buffer, 0)));
        Assert.Equal(Content, buffer[..7]);
        int installed = await w.Do(IoRequest.InstallSlot(slot));
        Assert.Equal(0, await w.Do(IoRequest.CloseSlot(slot)));
        Assert.Equal(-Errno.EBADF, await w.Do(IoRequest.Read(slot, buffer, 0)));
        Assert.Equal(-Errno.EBADF, await w.Do(IoRequest.CloseSlot(slot)));
        Assert.Equal(-Errno.EBADF, await w.Do(IoRequest.InstallSlot(slot)));
        Assert.Equal(Content, await w.ReadAll(installed));
        await w.Close(installed);
    });

    [Theory]
    [EveryKernel(Capability.DirectDescriptors)]
    public void Opens_sockets_and_accepts_go_into_slots_and_what_nobody_takes_is_cleared(TestedKernel kernel) => Run(kernel, async w =>
    {
        DirectSlot.RegisterTable(w.Loop, 4);
        await w.File("f", Content);
        int chosen = await w.Do(IoRequest.OpenAt(w["f"], OpenFlags.ReadOnly | OpenFlags.CloseOnExec).IntoSlot(DirectSlot.Any));
        Assert.InRange(chosen, 0, 3);
        Assert.Equal(7, await w.Do(IoRequest.Read(new DirectSlot(chosen), new byte[16], 0)));
        Assert.Equal(0, await w.Do(IoRequest.CloseSlot(new DirectSlot(chosen))));
        DirectSlot last = new(3);
        Assert.Equal(0, await w.Do(IoRequest.OpenWith(w["f"], new OpenHow(OpenFlags.ReadOnly | OpenFlags.CloseOnExec)).IntoSlot(last)));
        Assert.Equal(7, await w.Do(IoRequest.Read(last, new byte[16], 0)));
        Assert.Equal(0, await w.Do(IoRequest.Socket(2, 1 | 0x80000).IntoSlot(last)));
        Assert.Equal(-Errno.ENOTCONN, await w.Do(IoRequest.Receive(last, new byte[1])));

        (int listener, EndPoint endPoint) = w.Listen();
        Assert.Equal(0, await w.Do(IoRequest.Connect(last, endPoint)));
        DirectSlot accepted = new(2);
        Assert.Equal(0, await w.Do(IoRequest.Accept(listener).IntoSlot(accepted)));
        Assert.Equal(2, await w.Do(IoRequest.Send(last, new byte[2])));
        Assert.Equal(2, await w.Do(IoRequest.Receive(accepted, new byte[8])));

        // An open that succeeds when nobody listens any more.
        long orphans = w.Loop.Statistics.Orphans;
        OrphanMaker maker = new();
        maker.Subscription = w.Loop.Observe(IoRequest.OpenAt(w["f"], OpenFlags.ReadOnly).IntoSlot(new DirectSlot(0)), maker);
        w.Loop.Engine.Enter(0, -1);
        maker.Subscription.Unsubscribe();
        await w.TurnUntil(() => !maker.Subscription.IsPending);
        await w.Turn(2);
        Assert.Equal(1, w.Loop.Statistics.Orphans - orphans);
        Assert.Equal(-Errno.EBADF, await w.Do(IoRequest.CloseSlot(new DirectSlot(0))));
        await w.Close(listener);
    });

    [Theory]
    [EveryKernel(Capability.DirectDescriptors)]
    [Covers(nameof(IoRequest.PassSlot))]
    public void A_file_is_passed_from_loop_to_loop(TestedKernel kernel) => Run(kernel, async w =>
    {
        DirectSlot.RegisterTable(w.Loop, 2);
        EventLoop other = w.Another();
        await other.InvokeAsync(() => DirectSlot.RegisterTable(other, 2));
        await w.File("f", Content);
        Assert.Equal(0, await w.Do(IoRequest.OpenAt(w["f"], OpenFlags.ReadOnly).IntoSlot(new DirectSlot(0))));
        Assert.Equal(0, await w.Do(IoRequest.PassSlot(other, new DirectSlot(0), new DirectSlot(1))));
        Assert.Equal(0, await w.Do(IoRequest.CloseSlot(new DirectSlot(0))));
        Assert.Equal(-Errno.EBADF, await w.Do(IoRequest.PassSlot(other, new DirectSlot(0), new DirectSlot(1))));
        int read = await other.InvokeAsync(() => other.ExecuteAsync(IoRequest.Read(new DirectSlot(1), new byte[16], 0)).AsTask());
        Assert.Equal(7, read);
    });

    [Theory]
    [EveryKernel(Capability.ProvidedByRequests)]
    [Covers(nameof(IoRequest.ProvideBuffers))]
    [Covers(nameof(IoRequest.RemoveBuffers))]
    [Covers(nameof(IoRequest.SendBundle))]
    public void Buffers_are_provided_sent_and_taken_back(TestedKernel kernel) => Run(kernel, async w =>
    {
        (int ours, int theirs) = w.SocketPair();
        Many sent = new();
        nint memory = Marshal.AllocHGlobal(30);
        Marshal.Copy(World.Pattern(30), 0, memory, 30);
        Assert.Equal(0, await w.Do(IoRequest.ProvideBuffers(memory, 10, 3, group: 7)));
        Assert.Equal(1, await w.Do(IoRequest.RemoveBuffers(1, 7)));
        w.Loop.Observe(IoRequest.SendBundle(ours, 7), sent);
        await w.TurnUntil(() => sent.Ended == 1);
        Assert.Equal(20, sent.Items.Sum(c => c.Result));
        Assert.Equal(World.Pattern(30)[10..], await w.Receive(theirs, 20));
        Assert.Equal(-Errno.ENOBUFS, await w.Do(IoRequest.SendBundle(ours, 7)));
        Assert.Equal(-Errno.ENOENT, await w.Do(IoRequest.RemoveBuffers(1, 8)));
        Marshal.FreeHGlobal(memory);
        await w.Close(ours, theirs);
    });

    private sealed class OrphanMaker : IObserver<Completion>
    {
        public OperationHandle Subscription { get; set; }

        public void OnNext(Completion value)
        {
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error) => Assert.Fail(error.ToString());
    }
}
