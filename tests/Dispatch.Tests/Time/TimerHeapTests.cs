using CsCheck;

namespace Dispatch.Tests;

/// <summary>The heap of timers against a sorted list.</summary>
public sealed class TimerHeapTests
{
    [Fact]
    public void The_heap_gives_what_a_sorted_list_gives_under_any_adds_and_removes() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 20], Gen.Int[0, 100]).Array[0, 200].Sample(steps =>
        {
            TimerHeap heap = new();
            List<Node> model = [];
            long order = 0;
            foreach ((int kind, int due, int pick) in steps)
            {
                if (kind < 2 || model.Count == 0)
                {
                    Node node = new() { Due = due, Order = ++order };
                    heap.Add(node);
                    model.Add(node);
                }
                else
                {
                    Node node = model[pick % model.Count];
                    heap.Remove(node);
                    heap.Remove(node);
                    model.Remove(node);
                    Assert.Equal(-1, node.HeapIndex);
                }

                Assert.Equal(model.Count, heap.Count);
                if (model.Count != 0)
                {
                    Assert.Same(model.MinBy(n => (n.Due, n.Order)), heap.Top);
                }
            }

            foreach (Node expected in model.OrderBy(n => (n.Due, n.Order)))
            {
                Assert.Same(expected, heap.Top);
                heap.Remove(heap.Top);
            }
        });

    private sealed class Node : TimerNode
    {
        public override void Fire()
        {
        }
    }
}
