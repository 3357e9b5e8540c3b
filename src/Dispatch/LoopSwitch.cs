using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>The awaitable of <see cref="EventLoop.SwitchTo"/>: what follows it runs on the loop.</summary>
public readonly struct LoopSwitch : ICriticalNotifyCompletion, IEquatable<LoopSwitch>
{
    private readonly LoopEngine engine;

    internal LoopSwitch(LoopEngine engine) => this.engine = engine;

    /// <summary>Gets a value indicating whether the caller is in a turn of the loop already.</summary>
    public bool IsCompleted => engine.IsOwner && engine.Scope.IsActive;

    /// <summary>Compares two of them.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they lead to the same loop.</returns>
    public static bool operator ==(LoopSwitch left, LoopSwitch right) => left.Equals(right);

    /// <summary>Compares two of them.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they lead to different loops.</returns>
    public static bool operator !=(LoopSwitch left, LoopSwitch right) => !left.Equals(right);

    /// <summary>Gets the awaiter: this.</summary>
    /// <returns>This.</returns>
    public LoopSwitch GetAwaiter() => this;

    /// <summary>Ends the await.</summary>
    public void GetResult()
    {
        if (!engine.IsOwner)
        {
            throw new ObjectDisposedException(engine.Loop.Name, $"{engine.Loop.Name} stopped before the switch to it; this code runs on the thread pool.");
        }

        if (engine.Scope.IsActive && !ReferenceEquals(SynchronizationContext.Current, engine.Scope.Context))
        {
            SynchronizationContext.SetSynchronizationContext(engine.Scope.Context); // Whoever asked to be here wants to come back here, whatever context it was in before.
        }
    }

    /// <summary>Queues the continuation on the loop.</summary>
    /// <param name="continuation">The continuation.</param>
    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    /// <summary>Queues the continuation on the loop.</summary>
    /// <param name="continuation">The continuation.</param>
    public void UnsafeOnCompleted(Action continuation) => engine.Posted.PostOrPool(static s => ((Action)s!)(), continuation);

    /// <inheritdoc/>
    public bool Equals(LoopSwitch other) => ReferenceEquals(engine, other.engine);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is LoopSwitch other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => engine.GetHashCode();
}
