namespace Dispatch.Reactive.Tests;

/// <summary>The queues between a source's thread and a loop.</summary>
public sealed class QueueTests
{
    [Fact]
    public void Random_programs_have_the_outcome_of_a_plain_queue()
    {
        for (int seed = 1; seed <= 200; seed++)
        {
            Random random = new(seed);
            int capacity = random.Next(1, 40);
            GrowingQueue<object> growing = new();
            BoundedQueue<object> bounded = new(capacity);
            Queue<object> growingModel = new();
            Queue<object> boundedModel = new();
            int largest = random.Next(2) == 0 ? 50 : 5000;
            for (int step = 0; step < 200; step++)
            {
                int count = random.Next(1, largest);
                bool adds = random.Next(2) == 0;
                for (int i = 0; i < count; i++)
                {
                    object item = new();
                    if (adds)
                    {
                        growingModel.Enqueue(item);
                        Assert.True(growing.TryEnqueue(item));
                        bool fits = boundedModel.Count < capacity;
                        Assert.Equal(fits, bounded.TryEnqueue(item));
                        if (fits)
                        {
                            boundedModel.Enqueue(item);
                        }
                    }
                    else
                    {
                        Assert.Equal(growingModel.TryDequeue(out object? expected), growing.TryDequeue(out object? taken));
                        Assert.Same(expected, taken);
                        Assert.Equal(boundedModel.TryDequeue(out expected), bounded.TryDequeue(out taken));
                        Assert.Same(expected, taken);
                    }
                }

                Assert.Equal(growingModel.Count, growing.Count);
                Assert.Equal(growingModel.Count == 0, growing.IsEmpty);
                Assert.Equal(boundedModel.Count, bounded.Count);
                Assert.Equal(boundedModel.Count == 0, bounded.IsEmpty);
            }
        }
    }

    [Fact]
    public void Between_two_threads_nothing_is_lost_repeated_or_reordered()
    {
        const long Count = 3_000_000;
        GrowingQueue<long> queue = new();
        Thread producer = new(() =>
        {
            Random random = new(1);
            for (long i = 0; i < Count; i++)
            {
                queue.TryEnqueue(i);
                if (random.Next(5000) == 0)
                {
                    SpinWait.SpinUntil(() => queue.IsEmpty, TestLoop.Guard); // So that it is empty sometimes, and far behind at others.
                }
            }
        });
        producer.Start();
        long next = 0;
        while (next < Count)
        {
            if (queue.TryDequeue(out long item))
            {
                Assert.Equal(next++, item);
            }
        }

        producer.Join();
        Assert.True(queue.IsEmpty);
    }

    [Fact]
    public void A_producer_that_drops_the_oldest_and_a_consumer_never_get_one_item_both_and_keep_the_order()
    {
        const long Count = 2_000_000;
        BoundedQueue<long> queue = new(7);
        long dropped = 0;
        bool done = false;
        Thread producer = new(() =>
        {
            for (long i = 0; i < Count; i++)
            {
                while (!queue.TryEnqueue(i))
                {
                    dropped += queue.TryDequeue(out _) ? 1 : 0;
                }
            }

            Volatile.Write(ref done, true);
        });
        producer.Start();
        long last = -1;
        long taken = 0;
        while (true)
        {
            bool ended = Volatile.Read(ref done);
            if (queue.TryDequeue(out long item))
            {
                Assert.True(item > last, $"{item} after {last}");
                last = item;
                taken++;
            }
            else if (ended)
            {
                break;
            }
        }

        producer.Join();
        Assert.Equal(Count - 1, last);
        Assert.Equal(Count, taken + dropped);
    }
}
