namespace Dispatch;

/// <summary>
/// The readiness of any descriptor that can be polled, as a stream: a multishot poll while somebody consumes. <c>poll(2)</c>, <c>io_uring_prep_poll_multishot(3)</c>; Linux 5.13.
/// </summary>
/// <remarks>
/// <para>Edge-triggered: an item tells what has become ready, so read (or write) until that would wait, or the next item may not come. What is ready when a consumer begins is told at once. Events that come while the reader
/// is busy become one item with all of them, so it needs no options: nothing piles up, and no event is lost.</para>
/// <para>The descriptor stays the caller's. It must stay open while somebody consumes; a handle is kept open. The stream ends with an error when the descriptor cannot be polled, and with <c>OnCompleted</c> when the loop ends. A hang-up is an
/// item like others.</para>
/// </remarks>
public sealed class Readiness : LoopStream<PollEvents>
{
    private readonly ReadinessOperation operation;

    private Readiness(LoopEngine engine, Descriptor target, PollEvents events)
        : base(engine, 1, StreamOverflow.DropOldest) => operation = new ReadinessOperation(this, target, events);

    /// <summary>Watches a descriptor. Nothing is armed before somebody consumes. Any thread.</summary>
    /// <param name="target">The descriptor.</param>
    /// <param name="events">What to report; errors and hang-ups always are.</param>
    /// <param name="loop">The loop that will own it; by default the calling thread's.</param>
    /// <returns>The stream.</returns>
    public static Readiness Watch(Descriptor target, PollEvents events, EventLoop? loop = null) => new(EventLoop.Required(loop).Engine, target, events);

    /// <summary>The kernel reports events.</summary>
    internal void OnReady(int events)
    {
        if (events != 0)
        {
            Push((PollEvents)events);
        }
    }

    /// <summary>The poll ended in an error.</summary>
    internal void OnFailed(int result) => End(Engine.IsClosed ? null : OpcodeNames.Explain(Opcode.PollAdd, result, null, default));

    /// <summary>The poll has ended: it is armed again while somebody consumes.</summary>
    internal void OnDisarmed() => ResumeIfConsumed();

    /// <inheritdoc/>
    private protected override void OnResume() => operation.Arm();

    /// <inheritdoc/>
    private protected override void OnSuspend() => operation.Stop();

    /// <inheritdoc/>
    private protected override bool TryMerge(PollEvents older, PollEvents newer, out PollEvents merged)
    {
        merged = older | newer;
        return true;
    }
}
