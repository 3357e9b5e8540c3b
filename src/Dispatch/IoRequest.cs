namespace Dispatch;

/// <summary>
/// One system call to be made: an io_uring submission entry and what must stay alive for it. Built by a static factory for each call; sent
/// with <see cref="EventLoop.ExecuteAsync"/>, <see cref="EventLoop.CompleteAsync"/>, <see cref="EventLoop.Observe(in IoRequest)"/> or
/// <see cref="EventLoop.Submit(in IoRequest, ulong)"/>. Building one has no effect and holds nothing: references are taken at submit and let go at the terminal completion.
/// </summary>
/// <remarks>
/// <para>A value; may be built on any thread, kept, and sent any number of times, at once if its memory is not written to. Memory given to a request
/// belongs to the kernel from submit to the terminal completion: cancelling does not shorten that.</para>
/// <para>
/// Each factory names the first Linux whose io_uring has the request. Where the loop's kernel lacks it (an older Linux, or Linux AIO), nothing is emulated by half: the completion is −EINVAL, and an await throws
/// <see cref="PlatformNotSupportedException"/>, which names the opcode, the kernel that it takes, what the loop runs on, and what to do instead.
/// </para>
/// </remarks>
public partial struct IoRequest
{
    /// <summary>The target of a cancel by tag: says that the tag has to be looked up at submit.</summary>
    internal static readonly object TargetByTag = new();

    internal SubmissionEntry Entry;
    internal long DeadlineNanoseconds;
    private object? target;
    private Memory<byte> first;
    private RequestExtras? extras;
    private bool hasReferences;
    private bool isMultishot;
    private bool isChained;

    /// <summary>Gets the name of the call as its man page has it, for messages.</summary>
    public readonly string Name => IsCall ? SystemCallTable.NameOf(Entry.Fd) : OpcodeNames.Of(Entry.Opcode);

    /// <summary>Gets a value indicating whether it is a system call by its number: a worker's, unless the ring has the same.</summary>
    internal readonly bool IsCall => CallEntry.IsCall(Entry.Opcode);

    /// <summary>
    /// Gets a value indicating whether the entry is all there is: no handle to reference, nothing to pin. Such a request can go to the ring with the user's
    /// own tag and no operation behind it.
    /// </summary>
    internal readonly bool IsBare => !hasReferences;

    /// <summary>Gets a value indicating whether it is a step of a chain, which has a meaning only among the others. Such a request is never bare: so the check costs the bare ones nothing.</summary>
    internal readonly bool IsChained => isChained;

    /// <summary>Gets a value indicating whether a submit has to take references, or the loop's buffers, for it.</summary>
    internal readonly bool HoldsReferences => target is not null || !first.IsEmpty || extras is { HasReferences: true } || (Entry.Flags & EntryFlags.BufferSelect) != 0;

    /// <summary>Gets a value indicating whether one submit can complete many times.</summary>
    internal readonly bool IsMultishot => isMultishot;

    /// <summary>Gets a value indicating whether the field of the priority has another meaning.</summary>
    internal readonly bool UsesPriorityForFlags => Entry.Opcode is Opcode.Accept or Opcode.Recv or Opcode.Recvmsg or Opcode.Send or Opcode.Sendmsg or Opcode.SendZc or Opcode.SendmsgZc;

    /// <summary>Gets or sets the handle whose descriptor the entry gets at submit, or null when it has a number already.</summary>
    internal object? Target
    {
        readonly get => target;
        set
        {
            target = value;
            hasReferences |= value is not null;
        }
    }

    /// <summary>Gets or sets the memory whose address goes to the entry's first address field.</summary>
    internal Memory<byte> First
    {
        readonly get => first;
        set
        {
            first = value;
            hasReferences |= !value.IsEmpty;
        }
    }

    /// <summary>Gets what only some requests carry, or null.</summary>
    internal readonly RequestExtras? Extras => extras;

    /// <summary>Gets the entry's field for the direct descriptor that it makes; 0 when it makes none. A system call has an argument there.</summary>
    internal readonly uint MadeSlot => IsCall ? 0 : Entry.FileIndex;

    /// <summary>Gets what an error message names: a path or an end point.</summary>
    internal readonly object? Subject => extras?.Subject ?? (target as OwnedDescriptor)?.Subject;

    /// <summary>
    /// The same request with an I/O priority, as <c>ioprio_set(2)</c> encodes it (class in the upper 3 bits, level in the lower 13). Fixed once submitted.
    /// For reads, writes and syncs of files; socket requests use the field for flags of their own and refuse it.
    /// </summary>
    /// <param name="priority">The encoded priority.</param>
    /// <returns>The request.</returns>
    public readonly IoRequest WithPriority(ushort priority)
    {
        if (UsesPriorityForFlags)
        {
            throw new InvalidOperationException($"{Name} has no I/O priority: the kernel uses that field for its own flags. Set SO_PRIORITY on the socket instead.");
        }

        if (IsCall)
        {
            throw new InvalidOperationException($"{Name} has no I/O priority: a worker makes the call, with the priority of its thread. Use the factory of the ring's own operation where there is one.");
        }

        IoRequest copy = this;
        copy.Entry.IoPriority = priority;
        return copy;
    }

    /// <summary>The same request made as another user, see <see cref="RegisteredCredentials"/>. It can be sent to the loop that registered them, and to no other.</summary>
    /// <param name="credentials">The credentials.</param>
    /// <returns>The request.</returns>
    public readonly IoRequest WithCredentials(RegisteredCredentials credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        IoRequest copy = this;
        if (!IsCall)
        {
            copy.Entry.Personality = credentials.Number; // A call has an argument there; whoever makes it is told apart.
        }

        copy.SetExtras(RequestExtras.With(extras, credentials));
        return copy;
    }

    /// <summary>
    /// The same request with a deadline, counted from the submit. When it passes, the request is cancelled; an await then throws
    /// <see cref="TimeoutException"/>, unless the request succeeded after all. Awaited requests only.
    /// </summary>
    /// <param name="deadline">The time allowed; more than zero.</param>
    /// <returns>The request.</returns>
    public readonly IoRequest WithDeadline(TimeSpan deadline)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(deadline, TimeSpan.Zero);
        IoRequest copy = this;
        copy.DeadlineNanoseconds = TimerQueue.Nanoseconds(deadline);
        return copy;
    }

    private static IoRequest On(Opcode opcode, Descriptor target)
    {
        IoRequest request = default;
        request.Entry.Opcode = opcode;
        request.Entry.Fd = target.Number;
        if (target.IsSlot)
        {
            request.Entry.Flags = EntryFlags.FixedFile;
        }
        else
        {
            request.Target = target.Owner;
        }

        if (target.Number == Descriptor.ChainFileNumber)
        {
            request.JoinChain();
        }

        return request;
    }

    private static IoRequest On(Opcode opcode)
    {
        IoRequest request = default;
        request.Entry.Opcode = opcode;
        request.Entry.Fd = -1;
        return request;
    }

    private void SetExtras(RequestExtras value)
    {
        extras = value;
        hasReferences |= value.HasReferences;
    }

    private void JoinChain()
    {
        isChained = true;
        hasReferences = true; // Not bare: whoever would send it alone comes past the check.
    }
}
