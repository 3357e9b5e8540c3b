using System.Runtime.InteropServices;
using Dispatch.Tests.Kernel;
using Tmds.Linux;
using static Dispatch.IoUringAbi;
using static Dispatch.Tests.Interop.NewerKernel;

namespace Dispatch.Tests.Interop;

/// <summary>Numbers that older headers lack, proved by what the kernel does with them. Of time, futexes, children, epoll, cancels.</summary>
public sealed unsafe class NewerWaitTests
{
    [Fact]
    public void A_multishot_timeout_expires_again_and_again()
    {
        Needs(6, 4);
        using RawRing ring = RawRing.Create();
        IoUringRecords.KernelTimespec time = new() { Nanoseconds = 1_000_000 };
        ring.Stage(new SubmissionEntry
        {
            Opcode = Opcode.Timeout,
            Fd = -1,
            Address = (ulong)&time,
            Length = 1,
            OperationFlags = IORING_TIMEOUT_MULTISHOT,
            UserData = 9,
        });
        for (int i = 0; i < 3; i++)
        {
            CompletionEntry completion = ring.Take();
            Assert.Equal((-Errno.ETIME, IORING_CQE_F_MORE), (completion.Result, completion.Flags & IORING_CQE_F_MORE));
        }

        Assert.Equal(-Errno.ECANCELED, ring.CancelAndReap(9));
    }

    [Fact]
    public void A_futex_is_waited_on_and_woken_in_its_scope()
    {
        Needs(6, 7);
        using RawRing ring = RawRing.Create();
        uint* word = (uint*)NativeMemory.AllocZeroed(4096);
        *word = 17;
        SubmissionEntry wait = IoRequest.FutexWait((nint)word, 16).Entry;
        Assert.Equal(-Errno.EAGAIN, ring.Do(wait)); // The word is not 16.
        wait.Fd = unchecked((int)(FUTEX2_PRIVATE | (FUTEX2_SIZE_U32 ^ 3)));
        Assert.Equal(-Errno.EINVAL, ring.Do(wait)); // A size that the kernel does not have.

        wait = IoRequest.FutexWait((nint)word, 17).Entry;
        wait.UserData = 1;
        ring.Stage(wait);
        SubmissionEntry shared = IoRequest.FutexWake((nint)word, 1, FutexScope.Shared).Entry;
        shared.UserData = 2;
        ring.Stage(shared);
        CompletionEntry completion = ring.Take();
        Assert.Equal((2ul, 0), (completion.UserData, completion.Result)); // Another key: nobody waits under it.

        SubmissionEntry wake = IoRequest.FutexWake((nint)word, 1).Entry;
        wake.UserData = 3;
        ring.Stage(wake);
        Dictionary<ulong, int> results = ring.TakeMany(2);
        Assert.Equal((0, 1), (results[1], results[3]));
        NativeMemory.Free(word);
    }

    [Fact]
    public void One_of_several_futexes_is_named_by_its_index()
    {
        Needs(6, 7);
        using RawRing ring = RawRing.Create();
        uint* words = stackalloc uint[2] { 1, 2 };
        ulong* vector = stackalloc ulong[6];
        for (int i = 0; i < 2; i++)
        {
            vector[i * 3] = words[i];
            vector[(i * 3) + 1] = (ulong)(words + i);
            vector[(i * 3) + 2] = FUTEX2_SIZE_U32 | FUTEX2_PRIVATE;
        }

        ring.Stage(new SubmissionEntry { Opcode = Opcode.FutexWaitv, Address = (ulong)vector, Length = 2, UserData = 1 });
        SubmissionEntry wake = IoRequest.FutexWake((nint)(words + 1), 1).Entry;
        wake.UserData = 2;
        ring.Stage(wake);

        Dictionary<ulong, int> results = ring.TakeMany(2);
        Assert.Equal((1, 1), (results[1], results[2]));
    }

    [Fact]
    public void Waiting_for_a_process_that_is_no_child_fails_as_waitid_does()
    {
        Needs(6, 7);
        const int ProcessId = 1; // P_PID
        const uint Exited = 4; // WEXITED
        using RawRing ring = RawRing.Create();
        SubmissionEntry entry = new() { Opcode = Opcode.Waitid, Fd = Environment.ProcessId, Length = ProcessId, FileIndex = Exited };
        Assert.Equal(-Errno.ECHILD, ring.Do(entry));
        entry.FileIndex = 0;
        Assert.Equal(-Errno.EINVAL, ring.Do(entry)); // waitid has to be told what to wait for.
    }

    [Fact]
    public void An_epoll_set_is_waited_on()
    {
        Needs(6, 15);
        const int EpollEventBytes = 12;
        using RawRing ring = RawRing.Create();
        int set = LibC.epoll_create1(0);
        int counter = LibC.eventfd(1, 0);
        epoll_event wanted = new() { events = LibC.EPOLLIN };
        wanted.data.u64 = 99;
        Assert.Equal(0, LibC.epoll_ctl(set, LibC.EPOLL_CTL_ADD, counter, &wanted));
        epoll_event happened = default;

        Assert.Equal(1, ring.Do(new SubmissionEntry { Opcode = Opcode.EpollWait, Fd = set, Address = (ulong)&happened, Length = 1 }));

        Assert.Equal(EpollEventBytes, RuntimeInformation.ProcessArchitecture == Architecture.X64 ? sizeof(epoll_event) : EpollEventBytes);
        Assert.Equal(99ul, happened.data.u64);
        Assert.Equal(0, LibC.close(set));
        Assert.Equal(0, LibC.close(counter));
    }

    [Fact]
    public void A_cancel_by_opcode_ends_that_kind_only()
    {
        Needs(6, 6);
        using RawRing ring = RawRing.Create();
        int* ends = stackalloc int[2];
        Assert.Equal(0, LibC.pipe(ends));
        byte letter = 0;
        ring.Stage(new SubmissionEntry { Opcode = Opcode.Read, Fd = ends[0], Address = (ulong)&letter, Length = 1, Offset = ulong.MaxValue, UserData = 1 });
        ring.Stage(new SubmissionEntry { Opcode = Opcode.PollAdd, Fd = ends[0], OperationFlags = (uint)PollEvents.Readable, UserData = 2 });
        ring.Stage(new SubmissionEntry { Opcode = Opcode.AsyncCancel, Fd = -1, Length = (uint)Opcode.Read, OperationFlags = IORING_ASYNC_CANCEL_OP | IORING_ASYNC_CANCEL_ALL, UserData = 3 });

        Dictionary<ulong, int> results = ring.TakeMany(2);
        Assert.Equal((-Errno.ECANCELED, 1), (results[1], results[3]));
        Assert.Equal(-Errno.ECANCELED, ring.CancelAndReap(2));
        Assert.Equal(0, LibC.close(ends[0]) + LibC.close(ends[1]));
    }

    [Fact]
    public void A_nop_has_the_result_that_is_injected()
    {
        Needs(6, 10);
        using RawRing ring = RawRing.Create();

        Assert.Equal(17, ring.Do(new SubmissionEntry { Opcode = Opcode.Nop, Fd = -1, Length = 17, OperationFlags = IORING_NOP_INJECT_RESULT }));
        Assert.Equal(0, ring.Do(new SubmissionEntry { Opcode = Opcode.Nop, Fd = -1, Length = 17 }));
    }
}
