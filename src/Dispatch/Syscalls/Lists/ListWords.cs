using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dispatch;

/// <summary>
/// The memory in which a list tells threads, and other processes, what has ended. A head of 64 bytes (how many are pending, how many sleep until some or all have ended, the number of the run), then 8 bytes an entry: the entry's word, and how many sleep on
/// it. A safe handle, because it has to outlive whoever touches it: the list, each waiter, and each run have a reference, and the memory goes with the last.
/// </summary>
/// <remarks>
/// Why no wake-up is lost. The owner stores what ended, then a full fence, then reads who sleeps. A waiter adds itself to those, which is a full fence, then reads the word, and has the kernel compare it once more before it
/// sleeps. In every order of these one of the two sees the other's store: the waiter finds the word changed and does not sleep, or the owner finds the waiter and wakes it. Between the waiter's reading and its
/// sleep the kernel's comparison stands, under the lock that the wake takes too.
/// </remarks>
internal sealed unsafe class ListWords : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <summary>What the word of an entry holds that has not ended.</summary>
    public const int Pending = int.MinValue;

    /// <summary>Bytes before the first entry.</summary>
    public const int HeadBytes = 64;

    /// <summary>Bytes of one entry.</summary>
    public const int EntryBytes = 8;

    private const uint SomeEnded = 1;
    private const uint AllEnded = 2;

    private readonly SafeBuffer? view;

    private ListWords(nint address, int capacity, FutexScope scope, SafeBuffer? view, bool owns)
        : base(owns)
    {
        this.view = view;
        Capacity = capacity;
        Scope = scope;
        SetHandle(address);
    }

    /// <summary>Gets how many entries there is room for.</summary>
    public int Capacity { get; }

    /// <summary>Gets who may wait.</summary>
    public FutexScope Scope { get; }

    /// <summary>Gets where it begins.</summary>
    public nint Address => handle;

    /// <summary>Gets the number of the present run. A waiter of one run does not go on to wait for the next.</summary>
    public int Run => Volatile.Read(ref First->Run);

    private Head* First => (Head*)handle;

    /// <summary>Makes sure that there are words for so many entries: the present ones when there are enough, or new ones in their place.</summary>
    /// <exception cref="InvalidOperationException">The user has given the memory, and it is too small.</exception>
    public static ListWords For(int entries, ListWords? present)
    {
        if (present is not null && present.Capacity >= entries)
        {
            return present;
        }

        if (present is { Scope: FutexScope.Shared })
        {
            throw new InvalidOperationException($"The list has {entries} requests, and its memory has words for {present.Capacity}. Give it {HeadBytes} bytes and {EntryBytes} for each request.");
        }

        present?.Dispose(); // Who still wakes up in it has a reference.
        return Allocate(entries);
    }

    /// <summary>Allocates memory of the process's own: whole pages, with room for at least so many entries.</summary>
    public static ListWords Allocate(int entries)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint bytes = (nuint)(HeadBytes + ((long)entries * EntryBytes));
        bytes = (bytes + page - 1) / page * page;
        void* memory = NativeMemory.AlignedAlloc(bytes, page);
        NativeMemory.Clear(memory, bytes);
        return new ListWords((nint)memory, (int)(((long)bytes - HeadBytes) / EntryBytes), FutexScope.Process, null, owns: true);
    }

    /// <summary>Uses memory that other processes may map as well. The view is referenced until the list is done with it.</summary>
    public static ListWords Over(SafeBuffer view, long offset)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        bool added = false;
        view.DangerousAddRef(ref added);
        long room = (long)Math.Min(view.ByteLength, long.MaxValue) - offset;
        nint address = view.DangerousGetHandle() + (nint)offset;
        if (room < HeadBytes + EntryBytes || address % sizeof(int) != 0)
        {
            view.DangerousRelease();
            throw new ArgumentException($"A list's words need {HeadBytes} bytes and {EntryBytes} an entry, aligned to {sizeof(int)}; here are {room} bytes at {address:x}.", nameof(view));
        }

        int capacity = (int)Math.Min((room - HeadBytes) / EntryBytes, RequestList.MaxCount);
        NativeMemory.Clear((void*)address, (nuint)(HeadBytes + ((long)capacity * EntryBytes)));
        return new ListWords(address, capacity, FutexScope.Shared, view, owns: true);
    }

    /// <summary>Takes a reference for a waiter or a run; throws when the list is disposed.</summary>
    public void AddReference()
    {
        bool added = false;
        DangerousAddRef(ref added);
    }

    /// <summary>Where an entry's word is.</summary>
    public nint AddressOf(int index) => (nint)EntryOf(index);

    /// <summary>Makes the words of so many entries pending. By whoever submits, while nothing is in flight.</summary>
    public void Arm(int count)
    {
        Volatile.Write(ref First->Run, First->Run + 1); // First, so that whoever sees a word of the new run sees its number.
        Entry* entry = EntryOf(0);
        for (int i = 0; i < count; i++)
        {
            Volatile.Write(ref entry[i].Word, Pending); // Who sleeps on it is not touched: somebody may still be on the way out of the last run.
        }

        Volatile.Write(ref First->Pending, count);
    }

    /// <summary>Publishes an entry's result, and how many are left. Owner only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Publish(int index, long result, int left)
    {
        Volatile.Write(ref EntryOf(index)->Word, (int)Math.Clamp(result, Pending + 1L, int.MaxValue));
        Volatile.Write(ref First->Pending, left);
    }

    /// <summary>Wakes who sleeps on these entries' words and on the counter. After a full fence that follows the stores. Owner only.</summary>
    public void Wake(ReadOnlySpan<int> ended, bool all)
    {
        Entry* entries = EntryOf(0);
        foreach (int index in ended)
        {
            if (Volatile.Read(ref entries[index].Sleepers) != 0)
            {
                FutexWords.Wake(&entries[index].Word, FutexWords.Anyone, Scope);
            }
        }

        if (Volatile.Read(ref First->SleepersForSome) != 0 || (all && Volatile.Read(ref First->SleepersForAll) != 0))
        {
            FutexWords.Wake(&First->Pending, all ? SomeEnded | AllEnded : SomeEnded, Scope);
        }
    }

    /// <summary>Sleeps until an entry has ended. False when the time was over first. The caller has a reference.</summary>
    public bool WaitFor(int index, int run, long deadline)
    {
        Entry* entry = EntryOf(index);
        if (!IsPending(entry, run))
        {
            return true;
        }

        Interlocked.Increment(ref entry->Sleepers);
        bool inTime = true;
        while (IsPending(entry, run) && inTime)
        {
            inTime = FutexWords.Wait(&entry->Word, Pending, deadline, FutexWords.Anyone, Scope);
        }

        Interlocked.Decrement(ref entry->Sleepers);
        return inTime || !IsPending(entry, run);
    }

    /// <summary>Sleeps until at most so many entries are pending. False when the time was over first. The caller has a reference.</summary>
    public bool WaitUntilPending(int most, int run, long deadline)
    {
        Head* head = First;
        if (!HasMorePending(most, run, out int pending))
        {
            return true;
        }

        // Who waits for all is not woken for each.
        ref int sleepers = ref most == 0 ? ref head->SleepersForAll : ref head->SleepersForSome;
        Interlocked.Increment(ref sleepers);
        bool inTime = true;
        while (HasMorePending(most, run, out pending) && inTime)
        {
            inTime = FutexWords.Wait(&head->Pending, pending, deadline, most == 0 ? AllEnded : SomeEnded, Scope);
        }

        Interlocked.Decrement(ref sleepers);
        return inTime || !HasMorePending(most, run, out _);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        if (view is null)
        {
            NativeMemory.AlignedFree((void*)handle);
        }
        else
        {
            view.DangerousRelease();
        }

        return true;
    }

    private bool IsPending(Entry* entry, int run) => Volatile.Read(ref entry->Word) == Pending && Run == run;

    private bool HasMorePending(int most, int run, out int pending)
    {
        pending = Volatile.Read(ref First->Pending);
        return pending > most && Run == run;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Entry* EntryOf(int index) => (Entry*)(handle + HeadBytes) + index;

    [StructLayout(LayoutKind.Sequential)]
    private struct Head
    {
        public int Pending;
        public int SleepersForSome;
        public int SleepersForAll;
        public int Run;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public int Word;
        public int Sleepers;
    }
}
