namespace Dispatch;

/// <summary>
/// A stream that asynchronous code of its own feeds, on the owner: it waits for its source, reads, and brings what it found as far as there is room. The code begins with the first consumer and runs until the stream ends; while
/// nobody consumes, it stands at the gate, and what it has read waits with it.
/// </summary>
internal abstract class PumpedStream<T> : LoopStream<T>
{
    private readonly RoomGate gate;
    private bool hasBegun;

    private protected PumpedStream(LoopEngine engine, int capacity, StreamOverflow overflow)
        : base(engine, capacity, overflow) => gate = new RoomGate(engine);

    /// <summary>Gets a value indicating whether the code has begun and not ended.</summary>
    private protected bool IsPumping { get; private set; }

    /// <inheritdoc/>
    private protected override bool StaysAttached => IsPumping;

    /// <summary>Gets a value indicating whether the code waits for a consumer, so that nothing it has is lent to the kernel or being looked at.</summary>
    private protected bool IsAtGate => gate.IsHeld;

    /// <summary>Feeds the stream until its source ends. What it throws ends the stream.</summary>
    private protected abstract Task PumpAsync();

    /// <summary>Waits until there may be room, or the stream has ended.</summary>
    private protected ValueTask RoomAsync() => gate.WaitAsync();

    /// <summary>Brings an item. What a consumer throws goes to the loop's policy, and not through the code that feeds it.</summary>
    private protected void Bring(T item)
    {
        try
        {
            Push(item);
        }
        catch (Exception e)
        {
            Engine.ReportException(e, null);
            Engine.Scope.Restore();
        }
    }

    /// <inheritdoc/>
    private protected override void OnResume()
    {
        if (hasBegun)
        {
            gate.Open();
        }
        else
        {
            hasBegun = true;
            IsPumping = true;

            // In a turn of its own: the code must not inherit the execution context of whoever happens to be the first to read.
            Engine.Posted.EnqueueLocal(static (s, _) => ((PumpedStream<T>)s!).Start(), this);
        }
    }

    /// <inheritdoc/>
    private protected override void OnSuspend()
    {
        // It stops by itself when it finds no room.
    }

    /// <inheritdoc/>
    private protected override void OnEnded() => gate.Open();

    private void Start() => _ = RunAsync();

    private async Task RunAsync()
    {
        try
        {
            await PumpAsync();
            End(null);
        }
        catch (OperationCanceledException) when (IsEnded || Engine.IsClosed)
        {
            End(null);
        }
        catch (Exception e)
        {
            End(e);
        }
        finally
        {
            IsPumping = false;
            if (!IsConsumed)
            {
                Engine.Streams.Remove(this);
            }
        }
    }
}
