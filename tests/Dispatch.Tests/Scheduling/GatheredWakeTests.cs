namespace Dispatch.Tests;

/// <summary>A parked owner is woken behind what the pool has to do, once, and always.</summary>
public sealed class GatheredWakeTests
{
    private readonly Waiting pool = new();
    private int wakes;

    [Fact]
    public void Many_messages_before_the_pool_comes_to_it_wake_the_owner_once()
    {
        Inbox inbox = Parked();
        pool.HasMore = true;

        Post(inbox, 100);
        Assert.Equal((0, 1), (wakes, pool.Items.Count));
        Assert.True(inbox.IsSignaled);

        pool.Items.Dequeue().Execute();
        Assert.Equal((1, false, 100), (wakes, inbox.IsParked, inbox.Count));
    }

    [Fact]
    public void With_nothing_to_gather_the_owner_is_woken_at_once()
    {
        Inbox inbox = Parked();

        Post(inbox, 2);

        Assert.Equal((1, 0), (wakes, pool.Items.Count));
    }

    [Fact]
    public void An_owner_that_runs_takes_it_without_a_wake()
    {
        Inbox inbox = Parked();
        inbox.Unpark();
        pool.HasMore = true;

        Post(inbox, 1);

        Assert.Equal((0, 0, true), (wakes, pool.Items.Count, inbox.IsSignaled));
        Assert.False(inbox.TryPark());
    }

    [Fact]
    public void An_urgent_message_wakes_the_owner_before_and_the_pool_then_does_nothing()
    {
        Inbox inbox = Parked();
        pool.HasMore = true;
        Post(inbox, 1);

        Assert.True(inbox.TryPost(new InboxItem(Nothing, null, 0)));
        Assert.Equal(1, wakes);

        pool.Items.Dequeue().Execute();
        Assert.Equal(1, wakes);
    }

    [Fact]
    public void After_the_pool_has_come_to_it_the_next_message_is_waited_for_anew()
    {
        Inbox inbox = Parked();
        pool.HasMore = true;
        Post(inbox, 1);
        pool.Items.Dequeue().Execute();
        inbox.BeginDrain();
        Assert.True(inbox.TryPark());

        Post(inbox, 1);
        pool.Items.Dequeue().Execute();

        Assert.Equal(2, wakes);
    }

    private static void Nothing(object? state, long argument)
    {
    }

    private static void Post(Inbox inbox, int messages)
    {
        for (int i = 0; i < messages; i++)
        {
            Assert.True(inbox.TryPostGathered(new InboxItem((InboxAction)Nothing, null, i)));
        }
    }

    private Inbox Parked()
    {
        Inbox inbox = new(() => wakes++, pool);
        Assert.True(inbox.TryPark());
        return inbox;
    }

    /// <summary>A pool that comes to nothing by itself.</summary>
    private sealed class Waiting : OffLoop
    {
        public Queue<IThreadPoolWorkItem> Items { get; } = [];

        public bool HasMore { get; set; }

        public override bool HasMoreToDo => HasMore;

        public override void Queue(IThreadPoolWorkItem work) => Items.Enqueue(work);
    }
}
