using System.Net;
using System.Net.Sockets;

namespace Dispatch.Tests;

/// <summary>The records of messages: what is written is what is read, and what is too short is refused.</summary>
public sealed class MessageRequestTests
{
    [Fact]
    public void Control_data_is_written_and_read_record_by_record()
    {
        byte[] control = new byte[ControlMessages.SpaceFor(3) + ControlMessages.SpaceFor(8)];
        int first = ControlMessages.Write(control, 1, 2, [1, 2, 3]);
        ControlMessages.Write(control.AsSpan(first), 41, 50, [1, 2, 3, 4, 5, 6, 7, 8]);

        ReadOnlySpan<byte> rest = control;
        Assert.True(ControlMessages.TryRead(ref rest, out ControlMessage message));
        Assert.Equal((1, 2, 3), (message.Level, message.Type, message.Data.Length));
        Assert.True(ControlMessages.TryRead(ref rest, out message));
        Assert.Equal((41, 50, 8), (message.Level, message.Type, message.Data.Length));
        Assert.False(ControlMessages.TryRead(ref rest, out _));
    }

    [Fact]
    public void Control_data_that_is_no_record_is_read_as_none()
    {
        byte[] control = new byte[32];
        ReadOnlySpan<byte> rest = control; // A length of 0.
        Assert.False(ControlMessages.TryRead(ref rest, out _));
        control[0] = 200; // Longer than what there is.
        rest = control;
        Assert.False(ControlMessages.TryRead(ref rest, out _));
        Assert.Empty(ControlMessages.DescriptorsIn(control));
        Assert.Throws<ArgumentException>(() => ControlMessages.Write(new byte[16], 1, 1, [1]));
    }

    [Fact]
    public void A_received_record_that_is_too_short_is_refused()
    {
        Assert.Throws<ArgumentException>(() => ReceivedMessage.Parse(new byte[15], 0).Length);
        Assert.Throws<ArgumentException>(() => ReceivedMessage.Parse(new byte[100]).Length); // No room for an address.
        Assert.Equal(0, ReceivedMessage.Parse(new byte[16], 0).Payload.Length);
    }

    [Fact]
    public void A_record_that_claims_more_than_there_is_shows_what_there_is()
    {
        byte[] record = new byte[16 + 8 + 4];
        record[0] = 200; // Name.
        record[4] = 200; // Control data.
        record[8] = 200; // Payload.
        ReceivedMessage message = ReceivedMessage.Parse(record, addressRoom: 8, controlRoom: 0);

        Assert.Equal((4, 0, 200), (message.Payload.Length, message.Control.Length, message.Length));
    }

    [Fact]
    public void Bad_arguments_of_messages_slots_and_groups_are_refused_by_name()
    {
        Assert.Throws<ArgumentException>(() => IoRequest.SendMessage(0, []));
        Assert.Throws<ArgumentException>(() => IoRequest.SendMessage(0, [new byte[1]], new DnsEndPoint("localhost", 1)));
        Assert.Throws<ArgumentException>(() => IoRequest.SendBundle(0, group: 0));
        Assert.Throws<ArgumentException>(() => IoRequest.ProvideBuffers(0, 1, 1, group: 0));
        Assert.Throws<ArgumentException>(() => IoRequest.EpollWait(0, new byte[8]));
        Assert.Throws<ArgumentException>(() => IoRequest.WaitForChild(ChildSelector.Any, 0, ChildChanges.Exited, new byte[64]));
        Assert.Throws<ArgumentException>(() => IoRequest.FutexWaitAny());
        Assert.Throws<ArgumentException>(() => IoRequest.UpdateSlots(new DirectSlot(0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => IoRequest.CloseSlot(DirectSlot.Any));
        Assert.Throws<InvalidOperationException>(() => IoRequest.Nop().IntoSlot(DirectSlot.Any));
        Assert.Throws<InvalidOperationException>(() => IoRequest.AcceptMultishot(0).IntoSlot(new DirectSlot(1)));
        Assert.Throws<InvalidOperationException>(() => IoRequest.Nop().WithPollFirst());
        Assert.Throws<InvalidOperationException>(() => IoRequest.SendZeroCopy(0, new byte[1]).WithPriority(1));
    }

    [Fact]
    public void The_memory_of_a_zero_copy_send_is_free_only_after_its_notification() => OnLoop.Poll(loop =>
    {
        TestKernel.OnlyIoUring("there both completions come at once.");
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        using Socket server = listener.Accept();
        PinCounter memory = new(1000);
        List<int> pinsAtItems = [];
        Recorder recorder = new() { Then = _ => pinsAtItems.Add(memory.Pins) };
        loop.Observe(IoRequest.SendZeroCopy(client, memory.Memory), recorder);
        OnLoop.Until(loop, () => recorder.IsCompleted);

        Assert.Equal([1, 0], pinsAtItems);
    });

    private sealed class PinCounter(int bytes) : System.Buffers.MemoryManager<byte>
    {
        private readonly byte[] array = GC.AllocateArray<byte>(bytes, pinned: true);

        public int Pins { get; private set; }

        public override Span<byte> GetSpan() => array;

        public override unsafe System.Buffers.MemoryHandle Pin(int elementIndex = 0)
        {
            Pins++;
            return new System.Buffers.MemoryHandle(System.Runtime.CompilerServices.Unsafe.AsPointer(ref array[elementIndex]), default, this);
        }

        public override void Unpin() => Pins--;

        protected override void Dispose(bool disposing)
        {
        }
    }
}
