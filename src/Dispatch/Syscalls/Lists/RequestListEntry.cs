namespace Dispatch;

/// <summary>
/// One entry of a <see cref="RequestList"/>: a place in the list, whatever request it has and whichever run is on. Any thread.
/// </summary>
public readonly struct RequestListEntry : IEquatable<RequestListEntry>
{
    private readonly RequestList list;

    internal RequestListEntry(RequestList list, int index)
    {
        this.list = list;
        Index = index;
    }

    /// <summary>Gets its place in the list, from 0.</summary>
    public int Index { get; }

    /// <summary>Gets a value indicating whether it has ended. One load: for those who poll. False before the first submit.</summary>
    public bool IsCompleted => list.IsEntryCompleted(Index);

    /// <summary>Gets the call's result, all 64 bits; a negative errno on failure. Throws <see cref="InvalidOperationException"/> while it is not there.</summary>
    public long Result => list.CompletionOf(Index).Result;

    /// <summary>Gets result and flags; the tag is 0. Throws <see cref="InvalidOperationException"/> while it is not there.</summary>
    public Completion Completion => list.CompletionOf(Index);

    /// <summary>
    /// Gets the address of its futex word, which any thread may wait on, and with memory of its own (see <see cref="RequestList(System.Runtime.InteropServices.SafeBuffer, long)"/>) any process. Valid until the list is disposed, or has more requests
    /// than ever before.
    /// </summary>
    public nint WordAddress => list.WordAddressOf(Index);

    /// <summary>Compares two.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they are the same place of the same list.</returns>
    public static bool operator ==(RequestListEntry left, RequestListEntry right) => left.Equals(right);

    /// <summary>Compares two.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they are different places.</returns>
    public static bool operator !=(RequestListEntry left, RequestListEntry right) => !left.Equals(right);

    /// <summary>Sleeps until it has ended, on its futex word. Any thread but the owner. <c>futex(2)</c>.</summary>
    /// <returns>The result as the word holds it, saturated to 32 bits; a negative errno on failure.</returns>
    /// <exception cref="InvalidOperationException">The list was not submitted; or the caller is the owner, which would wait for itself.</exception>
    public int Wait()
    {
        Wait(Timeout.InfiniteTimeSpan);
        return (int)Math.Clamp(Result, ListWords.Pending + 1L, int.MaxValue);
    }

    /// <summary>Sleeps until it has ended or the time is over. Any thread but the owner.</summary>
    /// <param name="timeout">The longest wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <returns>Whether it has ended.</returns>
    /// <exception cref="InvalidOperationException">The list was not submitted; or the caller is the owner, which would wait for itself.</exception>
    public bool Wait(TimeSpan timeout) => list.WaitFor(Index, timeout);

    /// <summary>Awaits it. On the list's loop it resumes there and allocates nothing, at most once a run; elsewhere it resumes where it was.</summary>
    /// <returns>Its completion; a failure is in it and not thrown.</returns>
    public ValueTask<Completion> WaitAsync() => list.WaitForAsync(Index);

    /// <summary>
    /// Asks the kernel to cancel it, with the whole chain that it is a step of. What has ended stays as it is; the rest ends, each once, by −ECANCELED, or by success when it was too late. Any thread; without effect between runs.
    /// </summary>
    public void Cancel() => list.Cancel(Index);

    /// <inheritdoc/>
    public bool Equals(RequestListEntry other) => ReferenceEquals(list, other.list) && Index == other.Index;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RequestListEntry other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(list, Index);
}
