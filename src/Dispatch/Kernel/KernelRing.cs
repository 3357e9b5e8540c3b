using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// The seam between a loop and whatever completes its requests: io_uring here, other kernels beside it. The request format is io_uring's
/// entry layout for all of them. What a loop does for every request (take a slot, look for completions) goes through two structs in
/// memory; only what is a system call anyway (enter, wake, register) is a virtual call. Nothing under Kernel/ knows sockets or streams.
/// </summary>
/// <remarks>All members belong to the owner's thread, except <see cref="Wake"/>, which any thread may call.</remarks>
internal abstract unsafe class KernelRing
{
    private SubmissionRing submissions;
    private CompletionRing completions;
    private uint* attention;
    private uint attentionQuiet;

    /// <summary>Gets the submission queue.</summary>
    public ref SubmissionRing Submissions => ref submissions;

    /// <summary>Gets the completion queue.</summary>
    public ref CompletionRing Completions => ref completions;

    /// <summary>
    /// Gets a value indicating whether the kernel has work that shows only after an enter: deferred task work or overflowed completions.
    /// One load and one compare. Without this check a loop that only polls would never see either.
    /// </summary>
    public bool NeedsAttention
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref *attention) != attentionQuiet;
    }

    /// <summary>Gets what was set up, for the startup report.</summary>
    public abstract KernelDescription Description { get; }

    /// <summary>Gets the clock whose time <see cref="Enter"/> waits in and absolute timeouts are given in (nanosecond timestamps).</summary>
    public abstract TimeProvider Clock { get; }

    /// <summary>Gets the descriptor that other rings of the process can post messages to, or −1.</summary>
    public abstract int MessageDescriptor { get; }

    /// <summary>Gets a value indicating whether terminal completions can still be read after <see cref="Close"/>.</summary>
    public abstract bool CompletesAfterClose { get; }

    /// <summary>Gets the system calls of this ring's kernel that are made beside the ring.</summary>
    public virtual KernelCalls Calls => KernelCalls.Real;

    /// <summary>Gets where this kernel's loops have work done that belongs to no loop.</summary>
    public virtual OffLoop OffLoop => OffLoop.Pool;

    /// <summary>Gets a value indicating whether <see cref="OnStaged"/> is to be told of every entry. All entries then take the way that only overflowing ones take else: those that are not told pay nothing.</summary>
    public virtual bool WatchesStaging => false;

    /// <summary>Gets a value indicating whether the completion queue is full and completions wait behind it. Nothing is lost: they come with the next enter.</summary>
    public virtual bool HasOverflow => false;

    /// <summary>Gets a value indicating whether one completion of a multishot receive can bring several provided buffers (<c>IORING_RECVSEND_BUNDLE</c>), up to the length that its entry has.</summary>
    public virtual bool BundlesReceives => false;

    /// <summary>Says whether requests of this kind can be made.</summary>
    public abstract bool Supports(Opcode opcode);

    /// <summary>
    /// Submits what was staged, lets completions appear, and waits for at least <paramref name="minimumCompletions"/>.
    /// </summary>
    /// <param name="minimumCompletions">0 returns at once.</param>
    /// <param name="timeoutNanoseconds">The longest wait; negative for no limit.</param>
    /// <returns>Entries consumed, or a negative errno. −EINTR and −ETIME are ordinary: nothing was lost.</returns>
    public abstract int Enter(uint minimumCompletions, long timeoutNanoseconds);

    /// <summary>
    /// Writes the request that has to be in flight for <see cref="Wake"/> to end a wait. Returns false when this kernel needs none.
    /// </summary>
    public abstract bool TryPrepareWakeRequest(ref SubmissionEntry entry);

    /// <summary>Ends the owner's wait, or its next one. Any thread.</summary>
    public abstract void Wake();

    /// <summary>An entry was staged: from now on the memory that it names is lent, also while it waits to be submitted.</summary>
    public virtual void OnStaged(in SubmissionEntry entry)
    {
    }

    /// <summary>Makes a system call that is a worker's on the system; the call is given to the pool when it is over. False where workers of the loop are to make it.</summary>
    public virtual bool TryBeginCall(WorkerCall call, WorkerPool pool) => false;

    /// <summary>Cancels a call that <see cref="TryBeginCall"/> took: 0 when it will not be made, else −EALREADY.</summary>
    public virtual int CancelCall(WorkerCall call) => -Errno.EALREADY;

    /// <summary>Registers a resource; operation numbers and records are those of <c>io_uring_register(2)</c>. Returns a negative errno on failure.</summary>
    public abstract int Register(uint operation, void* argument, uint count);

    /// <summary>Registers credentials. Returns their number, from 1; −EPERM when the process may not have them; another negative errno.</summary>
    public abstract int RegisterIdentity(FileIdentity identity);

    /// <summary>Takes registered credentials back.</summary>
    public abstract void UnregisterIdentity(int number);

    /// <summary>
    /// Lets go of the kernel's side. Completions of requests still in flight may keep arriving in <see cref="Completions"/>
    /// (see <see cref="CompletesAfterClose"/>); the memory stays until <see cref="ReleaseMemory"/>.
    /// </summary>
    /// <param name="fromOwner">Whether the caller is the owner; false only when the owner's thread is dead.</param>
    public abstract void Close(bool fromOwner);

    /// <summary>Frees the queues. Only when no request is in flight: the kernel writes there.</summary>
    public abstract void ReleaseMemory();

    /// <summary>Tells where <see cref="NeedsAttention"/> looks.</summary>
    protected void SetAttention(uint* word, uint quiet)
    {
        attention = word;
        attentionQuiet = quiet;
    }
}
