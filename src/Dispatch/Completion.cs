using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>What came back for a request: its tag, its result and its flags. Immutable; may be kept and passed to any thread.</summary>
public readonly struct Completion : IEquatable<Completion>
{
    /// <summary>Initializes a new instance of the <see cref="Completion"/> struct.</summary>
    /// <param name="tag">The tag that the request was submitted with.</param>
    /// <param name="result">The call's result; a negative errno on failure.</param>
    /// <param name="flags">What the kernel says beside the result.</param>
    public Completion(ulong tag, long result, CompletionFlags flags)
    {
        Tag = tag;
        Result = result;
        Flags = flags;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Completion(ulong tag, in CompletionEntry entry)
    {
        Tag = tag;
        if ((entry.Flags & CompletionEntry.CallFlag) == 0)
        {
            Result = entry.Result;
            Flags = (CompletionFlags)entry.Flags;
        }
        else
        {
            Result = (long)entry.UserData;
        }
    }

    /// <summary>Gets the tag that the request was submitted with; 0 for awaited and observed ones.</summary>
    public ulong Tag { get; }

    /// <summary>Gets the call's result as its man page gives it (bytes, a descriptor, …); a negative errno on failure.</summary>
    public long Result { get; }

    /// <summary>Gets what the kernel says beside the result.</summary>
    public CompletionFlags Flags { get; }

    /// <summary>Gets a value indicating whether the call failed.</summary>
    public bool IsError => Result < 0;

    /// <summary>Gets the errno of a failed call as a positive number, or 0.</summary>
    public int ErrorNumber => Result < 0 ? (int)-Result : 0;

    /// <summary>Gets a value indicating whether further completions of the same request follow (multishot).</summary>
    public bool HasMore => (Flags & CompletionFlags.More) != 0;

    /// <summary>Gets the number of the provided buffer that holds the data, or −1 when none was taken.</summary>
    public int BufferId => (Flags & CompletionFlags.Buffer) != 0 ? (int)((uint)Flags >> IoUringAbi.IORING_CQE_BUFFER_SHIFT) : -1;

    /// <summary>Compares two completions field by field.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether all fields are equal.</returns>
    public static bool operator ==(Completion left, Completion right) => left.Equals(right);

    /// <summary>Compares two completions field by field.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether any field differs.</returns>
    public static bool operator !=(Completion left, Completion right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(Completion other) => Tag == other.Tag && Result == other.Result && Flags == other.Flags;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Completion other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Tag, Result, Flags);

    /// <summary>Describes the completion for people: the errno by name.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"tag {Tag}: {(IsError ? Errno.Name(ErrorNumber) : Result.ToString(System.Globalization.CultureInfo.InvariantCulture))}{(HasMore ? ", more follow" : string.Empty)}";

    /// <summary>
    /// Makes the completion of a request that may be a zero-copy send: the result of its notification is no result, but says whether the kernel copied (<see cref="CompletionFlags.Copied"/>).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Completion Of(ulong tag, in CompletionEntry entry) =>
        (entry.Flags & IoUringAbi.IORING_CQE_F_NOTIF) == 0 ? new Completion(tag, entry) : new Completion(tag, 0, (CompletionFlags)entry.Flags | CopiedOf(entry));

    /// <summary>What a notification says about copying.</summary>
    internal static CompletionFlags CopiedOf(in CompletionEntry notification) =>
        ((uint)notification.Result & IoUringAbi.IORING_NOTIF_USAGE_ZC_COPIED) != 0 ? CompletionFlags.Copied : CompletionFlags.None;

    /// <summary>The completion of a zero-copy send whose notification has come: its result, and that its memory is free.</summary>
    internal Completion Notified(in CompletionEntry notification) => new(Tag, Result, (Flags & ~CompletionFlags.More) | CompletionFlags.Notification | CopiedOf(notification));
}
