using System.Diagnostics.CodeAnalysis;

namespace Dispatch.Reactive;

/// <summary>Items on their way from one thread at a time to one thread at a time.</summary>
/// <typeparam name="T">The type of an item.</typeparam>
internal abstract class ItemQueue<T>
{
    /// <summary>Gets a value indicating whether there is nothing to take. The taker's answer is exact as of some moment of the call.</summary>
    public abstract bool IsEmpty { get; }

    /// <summary>Gets how many items there are. Exact when neither side is at work.</summary>
    public abstract int Count { get; }

    /// <summary>Adds an item, unless the queue is full.</summary>
    public abstract bool TryEnqueue(T item);

    /// <summary>Takes the oldest item.</summary>
    public abstract bool TryDequeue([MaybeNullWhen(false)] out T item);
}
