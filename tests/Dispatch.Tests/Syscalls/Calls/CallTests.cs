using System.Text;

namespace Dispatch.Tests;

/// <summary>Any system call, made by a worker, in each of the ways in which a request is consumed.</summary>
public sealed class CallTests
{
    private static readonly long GetRandom = Numbers.Of("getrandom");
    private static readonly long Seek = Numbers.Of("lseek");

    [Fact]
    public void An_awaited_call_is_made_by_a_worker_and_resumes_on_the_owner() => OnLoop.Run(async loop =>
    {
        byte[] buffer = new byte[64];
        long before = loop.Statistics.HandOffs;

        int count = await loop.ExecuteAsync(IoRequest.Syscall(GetRandom, buffer, buffer.Length));

        Assert.True(loop.IsOwner);
        Assert.Equal(64, count);
        Assert.Contains(buffer, b => b != 0);
        Assert.Equal((1L, 1), (loop.Statistics.HandOffs - before, loop.Statistics.Workers));
    });

    [Fact]
    public void A_call_is_awaited_from_a_foreign_thread() => OnLoop.Run(async loop =>
    {
        byte[] buffer = new byte[16];
        int count = await Task.Run(async () => await loop.ExecuteAsync(IoRequest.Syscall(GetRandom, buffer, buffer.Length)));
        Assert.Equal(16, count);
    });

    [Fact]
    public void A_call_is_observed() => OnLoop.Run(async loop =>
    {
        byte[] buffer = new byte[16];
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Recorder recorder = new() { Then = _ => done.SetResult() };

        loop.Observe(IoRequest.Syscall(GetRandom, buffer, 16), recorder);
        await done.Task;

        Assert.Equal([new Completion(0, 16, CompletionFlags.None)], recorder.Items);
        Assert.True(recorder.IsCompleted);
    });

    [Fact]
    public void A_raw_call_is_taken_without_a_turn() => OnLoop.Poll(loop =>
    {
        byte[] buffer = new byte[16];
        loop.Submit(IoRequest.Syscall(GetRandom, buffer, 16), 42);
        Assert.Equal(new Completion(42, 16, CompletionFlags.None), OnLoop.Take(loop));

        loop.Submit(IoRequest.Nop(), 7);
        Assert.Equal(7UL, OnLoop.Take(loop).Tag);
        Assert.Equal(0, loop.Statistics.InFlight - 1);
    });

    [Fact]
    public void Raw_calls_and_ring_requests_are_all_taken_once() => OnLoop.Poll(loop =>
    {
        byte[] buffer = new byte[16];
        HashSet<ulong> tags = [];
        for (ulong tag = 0; tag < 200; tag++)
        {
            loop.Submit(tag % 2 == 0 ? IoRequest.Nop() : IoRequest.Syscall(GetRandom, buffer, 16), tag);
        }

        for (int i = 0; i < 200; i++)
        {
            Completion completion = OnLoop.Take(loop);
            Assert.Equal(completion.Tag % 2 == 0 ? 0 : 16, completion.Result);
            Assert.True(tags.Add(completion.Tag));
        }
    });

    [Fact]
    public void A_result_of_64_bits_is_whole_in_every_way() => OnLoop.Run(async loop =>
    {
        long far = 5_000_000_000_000;
        using TestFolder folder = new();
        using FileStream file = new(folder["sparse"], FileMode.Create);
        IoRequest request = IoRequest.Syscall(Seek, file.SafeFileHandle, (nint)far);

        Assert.Equal(far, (await loop.CompleteAsync(request)).Result);
        loop.Submit(request, 1);
        TaskCompletionSource<Completion> taken = new();
        using IDisposable subscription = loop.Completions.Subscribe(new Recorder<Completion>(taken.SetResult));
        Assert.Equal(far, (await taken.Task).Result);
        TaskCompletionSource<Completion> observed = new();
        loop.Observe(request, new Recorder<Completion>(observed.SetResult));
        Assert.Equal(far, (await observed.Task).Result);
        OverflowException thrown = await Assert.ThrowsAsync<OverflowException>(async () => await loop.ExecuteAsync(request));
        Assert.Contains("lseek", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("5000000000000", thrown.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_failure_is_thrown_with_the_calls_name() => OnLoop.Run(async loop =>
    {
        IOException thrown = await Assert.ThrowsAsync<IOException>(async () => await loop.ExecuteAsync(IoRequest.Syscall(Seek, 1_000_000)));
        Assert.Equal(Errno.EBADF, thrown.HResult);
        Assert.Contains("lseek", thrown.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_bad_address_is_EFAULT_and_the_process_lives() => OnLoop.Run(async loop =>
    {
        foreach (string name in (string[])["getrandom", "getcwd", "uname"])
        {
            Completion completion = await loop.CompleteAsync(IoRequest.Syscall(Numbers.Of(name), 8, 4096));
            Assert.Equal((name, Errno.EFAULT), (name, completion.ErrorNumber));
        }

        Assert.Equal(0, await loop.ExecuteAsync(IoRequest.Nop()));
    });

    [Fact]
    public void What_the_ring_can_do_goes_to_the_ring() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        File.WriteAllText(folder["file"], "content");
        using FileStream file = new(folder["file"], FileMode.Open);
        byte[] buffer = new byte[16];

        int count = await loop.ExecuteAsync(IoRequest.Syscall(Numbers.Of("pread64"), file.SafeFileHandle, buffer, 16, 3));

        Assert.Equal("tent", Encoding.ASCII.GetString(buffer, 0, count));
        Assert.Equal(0, loop.Statistics.Workers);
    });

    [Fact]
    public void A_refused_call_throws_with_the_reason_and_can_be_insisted_on() => OnLoop.Run(async loop =>
    {
        NotSupportedException thrown = Assert.Throws<NotSupportedException>(() => IoRequest.Syscall(Numbers.Of("umask"), 18));
        Assert.Contains("umask", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("SyscallAllowUnsafe", thrown.Message, StringComparison.Ordinal);

        int mask = await loop.ExecuteAsync(IoRequest.SyscallAllowUnsafe(Numbers.Of("umask"), 18));
        Assert.Equal(18, await loop.ExecuteAsync(IoRequest.SyscallAllowUnsafe(Numbers.Of("umask"), mask)));
    });

    [Theory]
    [InlineData(-1)]
    [InlineData(512)]
    [InlineData(400)]
    [InlineData(0x4000_0000)]
    [InlineData(long.MaxValue)]
    public void An_unknown_number_is_refused_with_where_to_look(long number)
    {
        ArgumentOutOfRangeException thrown = Assert.Throws<ArgumentOutOfRangeException>(() => IoRequest.Syscall(number));
        Assert.Contains("SystemCallInfo", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_arguments_of_a_kind_are_refused()
    {
        byte[] memory = new byte[1];
        Assert.Contains("memory", Assert.Throws<ArgumentException>(() => IoRequest.Syscall(GetRandom, memory, memory, memory)).Message, StringComparison.Ordinal);
        Assert.Contains("6", Assert.Throws<ArgumentException>(() => IoRequest.Syscall(GetRandom, memory, 1, 2, 3, 4, 5, 6)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_a_number_is_refused()
    {
        Action[] calls =
        [
            () => IoRequest.Syscall(GetRandom, (Descriptor)new DirectSlot(3)),
            () => IoRequest.Lock(new DirectSlot(3), FileLock.Shared),
            () => IoRequest.CopyRange(1, 0, new DirectSlot(3), 0, 1),
            () => IoRequest.Syscall(GetRandom, Descriptor.ChainFile),
        ];
        Assert.All(calls, call => Assert.Contains("InstallSlot", Assert.Throws<ArgumentException>(call).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_closed_handle_is_refused_and_nothing_stays_referenced() => OnLoop.Run(async loop =>
    {
        using TestFolder folder = new();
        FileStream file = new(folder["file"], FileMode.Create);
        FileStream other = new(folder["other"], FileMode.Create);
        Microsoft.Win32.SafeHandles.SafeFileHandle handle = file.SafeFileHandle;
        other.Dispose();

        Assert.Throws<ObjectDisposedException>(() => { _ = loop.ExecuteAsync(IoRequest.Syscall(Numbers.Of("copy_file_range"), handle, 0, other.SafeFileHandle, 0, 1)); });
        Assert.Equal(0, loop.Statistics.InFlight - 1);
        file.Dispose();
        Assert.True(handle.IsClosed);
        Assert.Equal(0, await loop.ExecuteAsync(IoRequest.Nop()));
    });
}
