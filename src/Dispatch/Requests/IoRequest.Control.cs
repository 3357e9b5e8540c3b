using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Dispatch;

/// <content>Requests about readiness, time, other loops, and futexes.</content>
public partial struct IoRequest
{
    /// <summary>Does nothing, by way of the kernel: the price of a round trip. <c>io_uring_prep_nop(3)</c>; Linux 5.1.</summary>
    /// <returns>The request.</returns>
    public static IoRequest Nop() => On(Opcode.Nop);

    /// <summary>Does nothing and completes with a result of the caller's: for tests of what takes it. <c>io_uring_prep_nop(3)</c>; Linux 6.10. Where the kernel lacks it: −EINVAL.</summary>
    /// <param name="result">The result; negative for an errno.</param>
    /// <returns>The request.</returns>
    public static IoRequest NopWithResult(int result)
    {
        IoRequest request = On(Opcode.Nop);
        request.Entry.Length = (uint)result;
        request.Entry.OperationFlags = IoUringAbi.IORING_NOP_INJECT_RESULT;
        return request;
    }

    /// <summary>Waits until a descriptor is ready; the result is the set of events. <c>poll(2)</c>, <c>io_uring_prep_poll_add(3)</c>; Linux 5.1.</summary>
    /// <param name="target">Any descriptor that can be polled.</param>
    /// <param name="events">What to wait for; errors and hang-ups are always reported.</param>
    /// <returns>The request.</returns>
    public static IoRequest Poll(Descriptor target, PollEvents events)
    {
        IoRequest request = On(Opcode.PollAdd, target);
        request.Entry.OperationFlags = (uint)events;
        return request;
    }

    /// <summary>Reports every change to readiness until it is cancelled. Edge-triggered. <c>poll(2)</c>, <c>io_uring_multishot(7)</c>, <c>io_uring_prep_poll_add(3)</c>; Linux 5.13.</summary>
    /// <param name="target">Any descriptor that can be polled.</param>
    /// <param name="events">What to report.</param>
    /// <returns>The request.</returns>
    public static IoRequest PollMultishot(Descriptor target, PollEvents events)
    {
        IoRequest request = Poll(target, events);
        request.Entry.Length = IoUringAbi.IORING_POLL_ADD_MULTI;
        request.isMultishot = true;
        return request;
    }

    /// <summary>
    /// Completes when a time has passed, with −ETIME, by the kernel's own timer. For delays, <see cref="EventLoop.DelayAsync"/> is cheaper: it needs no request. <c>io_uring_prep_timeout(3)</c>; Linux 5.4.
    /// </summary>
    /// <param name="time">The time.</param>
    /// <param name="flags">The clock, and whether it repeats.</param>
    /// <returns>The request.</returns>
    public static IoRequest Timeout(TimeSpan time, TimeoutFlags flags = TimeoutFlags.None)
    {
        IoRequest request = On(Opcode.Timeout);
        request.First = TimeRecord(time);
        request.Entry.Length = 1;
        request.Entry.OperationFlags = (uint)flags;
        request.isMultishot = (flags & TimeoutFlags.Multishot) != 0;
        return request;
    }

    /// <summary>
    /// Posts a completion into another loop's raw source, from ring to ring, with no other thread between. The result is 0 once it is there. <c>io_uring_prep_msg_ring(3)</c>; Linux 6.3. Where the kernel lacks it: −EINVAL.
    /// </summary>
    /// <param name="target">The other loop.</param>
    /// <param name="tag">The tag of the completion there, below 2⁶³.</param>
    /// <param name="result">Its result.</param>
    /// <returns>The request.</returns>
    public static IoRequest Message(EventLoop target, ulong tag, int result)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tag, Tags.LargestRaw);
        IoRequest request = On(Opcode.MsgRing);
        request.Target = target; // Its ring's number is looked up at submit: a number that was kept could by then be another ring's.
        request.Entry.Offset = tag;
        request.Entry.Length = (uint)result;
        request.Entry.FileIndex = RawCompletions.MessageFlag;
        request.Entry.OperationFlags = IoUringAbi.IORING_MSG_RING_FLAGS_PASS;
        return request;
    }

    /// <summary>
    /// Waits until a futex word is woken; completes at once with −EAGAIN when it does not hold the expected value. <c>futex(2)</c>, <c>io_uring_prep_futex_wait(3)</c>; Linux 6.7. Where the kernel lacks it, an await throws <see cref="PlatformNotSupportedException"/>.
    /// </summary>
    /// <param name="address">A 32-bit word, in memory that stays in place until the completion.</param>
    /// <param name="expected">The value at which to wait.</param>
    /// <param name="scope">Who may wake it.</param>
    /// <returns>The request.</returns>
    public static IoRequest FutexWait(nint address, uint expected, FutexScope scope = FutexScope.Process)
    {
        IoRequest request = OnFutex(Opcode.FutexWait, address, scope);
        request.Entry.Offset = expected;
        return request;
    }

    /// <summary>Wakes waiters of a futex word; the result is how many there were. <c>futex(2)</c>, <c>io_uring_prep_futex_wake(3)</c>; Linux 6.7. Where the kernel lacks it, an await throws <see cref="PlatformNotSupportedException"/>.</summary>
    /// <param name="address">The word.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="scope">Who may wait on it.</param>
    /// <returns>The request.</returns>
    public static IoRequest FutexWake(nint address, int count = int.MaxValue, FutexScope scope = FutexScope.Process)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        IoRequest request = OnFutex(Opcode.FutexWake, address, scope);
        request.Entry.Offset = (ulong)count;
        return request;
    }

    /// <summary>
    /// Waits until one of several futex words is woken; the result is its place in the list. −EAGAIN at once when one of them does not hold the expected value. <c>futex_waitv(2)</c>, <c>io_uring_prep_futex_waitv(3)</c>; Linux 6.7. Where the kernel lacks it, and on Linux AIO, an await throws
    /// <see cref="PlatformNotSupportedException"/>. Asynchronous: it may wait for ever.
    /// </summary>
    /// <param name="waiters">The words; 1 to 128. Their memory stays in place until the completion.</param>
    /// <returns>The request.</returns>
    public static IoRequest FutexWaitAny(params ReadOnlySpan<FutexWaiter> waiters)
    {
        const int Most = 128; // FUTEX_WAITV_MAX
        if (waiters.Length is 0 or > Most)
        {
            throw new ArgumentException($"futex_waitv takes 1 to {Most} words; {waiters.Length} were given.", nameof(waiters));
        }

        IoUringRecords.FutexWaiter[] records = new IoUringRecords.FutexWaiter[waiters.Length];
        for (int i = 0; i < records.Length; i++)
        {
            records[i] = new IoUringRecords.FutexWaiter { Value = waiters[i].Expected, Address = (ulong)waiters[i].Address, Flags = FlagsOf(waiters[i].Scope) };
        }

        IoRequest request = On(Opcode.FutexWaitv, 0);
        request.First = MemoryMarshal.AsBytes(records.AsSpan()).ToArray();
        request.Entry.Length = (uint)records.Length;
        return request;
    }

    private static uint FlagsOf(FutexScope scope) => IoUringAbi.FUTEX2_SIZE_U32 | (scope == FutexScope.Process ? IoUringAbi.FUTEX2_PRIVATE : 0);

    private static byte[] TimeRecord(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        byte[] record = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(record, time.Ticks / TimeSpan.TicksPerSecond);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(8), (time.Ticks % TimeSpan.TicksPerSecond) * 100);
        return record;
    }

    private static IoRequest OnFutex(Opcode opcode, nint address, FutexScope scope)
    {
        IoRequest request = On(opcode);
        request.Entry.Address = (ulong)address;
        request.Entry.Address3 = IoUringAbi.FUTEX_BITSET_MATCH_ANY;
        request.Entry.Fd = (int)FlagsOf(scope);
        return request;
    }
}
