using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Dispatch.Conformance.Sockets;

/// <summary>
/// Much data at once, of which a kernel that can brings several buffers with one completion: whoever receives it, and whatever its code does between two of them, the bytes come whole and in order.
/// </summary>
public sealed class BundleTests : KernelTests
{
    private const int Length = 40_000;

    /// <summary>Gets buffers so small that a message fills many, and a quota of several of them, which is what one completion may bring.</summary>
    private static EventLoopOptions SmallBuffers => new()
    {
        SubmissionEntries = 16,
        CompletionEntries = 64,
        ReceiveBufferCount = 16,
        MaxReceiveBufferCount = 64,
        ReceiveBufferSize = 256,
        ReceiveQuota = 8,
    };

    [Theory]
    [EveryKernel]
    public void By_lease(TestedKernel kernel) => Receive(kernel, async (w, ours, got) =>
    {
        while (true)
        {
            using BufferLease lease = await ours.ReceiveAsync();
            if (lease.IsEmpty)
            {
                return;
            }

            got.AddRange(lease.Span);
            await w.Turn(got.Count % 3); // Sometimes more comes before the next receive, sometimes not.
        }
    });

    [Theory]
    [EveryKernel]
    public void By_copies_of_part_of_a_buffer_and_looks_without_taking(TestedKernel kernel) => Receive(kernel, async (w, ours, got) =>
    {
        byte[] part = new byte[100];
        while (true)
        {
            if (got.Count % 700 == 0)
            {
                await ours.Receiving.WhenReadableAsync(CancellationToken.None);
            }

            int count = await ours.ReceiveAsync(part.AsMemory());
            if (count == 0)
            {
                return;
            }

            got.AddRange(part.AsSpan(0, count));
        }
    });

    [Theory]
    [EveryKernel]
    public void By_a_pipe_reader(TestedKernel kernel) => Receive(kernel, async (w, ours, got) =>
    {
        while (true)
        {
            ReadResult read = await ours.Input.ReadAsync();
            ReadOnlySequence<byte> taken = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, 1000));
            got.AddRange(taken.ToArray());
            ours.Input.AdvanceTo(taken.End);
            if (read.IsCompleted && taken.Length == read.Buffer.Length)
            {
                await ours.Input.CompleteAsync();
                return;
            }
        }
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.DisposeInOnNext)]
    public void By_observers_that_each_take_one_buffer_and_leave(TestedKernel kernel) => Receive(kernel, async (w, ours, got) =>
    {
        bool isEnded = false;
        while (!isEnded)
        {
            TaskCompletionSource turn = new();
            IDisposable? subscription = null;
            Recorder<BufferLease> one = new(lease =>
            {
                got.AddRange(lease.Span);
                subscription!.Dispose();
                turn.SetResult();
            });
            subscription = ours.Received.Subscribe(one);
            await w.TurnUntil(() => turn.Task.IsCompleted || one.IsCompleted);
            isEnded = one.IsCompleted;
        }
    });

    [Theory]
    [EveryKernel]
    [Scenario(Scenarios.ThrowingSubscriber)]
    public void By_an_observer_that_throws_and_another_that_goes_on_behind_it(TestedKernel kernel) => Receive(
        kernel,
        async (w, ours, got) =>
        {
            bool hasThrown = false;
            ours.Received.Subscribe(new Recorder<BufferLease>(lease =>
            {
                got.AddRange(lease.Span);
                hasThrown = true;
                throw new InvalidDataException("The observer does not like it.");
            }));
            await w.TurnUntil(() => hasThrown);
            Recorder<BufferLease> second = new(lease => got.AddRange(lease.Span));
            ours.Received.Subscribe(second);
            await w.TurnUntil(() => second.IsCompleted);
            Assert.Single(w.Reported);
        },
        expectsFault: true);

    [Theory]
    [EveryKernel]
    public void A_connection_closed_between_two_of_them_gives_all_of_them_back(TestedKernel kernel) => Run(
        kernel,
        async w =>
        {
            (Connection ours, Connection theirs) = await w.TcpConnections();
            Task sending = theirs.SendAsync(World.Pattern(Length, w.Seed)).AsTask();
            using (BufferLease first = await ours.ReceiveAsync())
            {
                await w.Turn(w.Seed % 4);
                await ours.CloseAsync();
            }

            await w.TurnUntil(() => sending.IsCompleted);
            await theirs.CloseAsync();
            await w.TurnUntil(() => w.Loop.Engine.ReceiveBuffers.Leased == 0);
            _ = sending.Exception; // The peer closed with most of it unread: whether that was told before the last byte was taken, the kernel knows.
        },
        SmallBuffers,
        Tolerance.Any);

    private static void Receive(
        TestedKernel kernel,
        Func<World, Connection, List<byte>, Task> take,
        bool expectsFault = false,
        [CallerMemberName] string name = "") => Run(
        kernel,
        async w =>
        {
            (Connection ours, Connection theirs) = await w.TcpConnections();
            byte[] data = World.Pattern(Length, w.Seed);
            List<byte> got = [];
            Task sending = SendAsync();
            await take(w, ours, got);
            await sending;

            Assert.True(data.AsSpan().SequenceEqual(got.ToArray()), $"{got.Count} of {data.Length} bytes, or others");
            Assert.Equal(0, w.Loop.Engine.ReceiveBuffers.Leased);
            await ours.CloseAsync();
            await theirs.CloseAsync();

            async Task SendAsync()
            {
                await theirs.SendAsync(data);
                await theirs.ShutdownAsync();
            }
        },
        SmallBuffers,
        Tolerance.Any,
        expectsFault,
        name: name);
}
