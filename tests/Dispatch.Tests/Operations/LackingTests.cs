namespace Dispatch.Tests;

/// <summary>What a loop's kernel does not have: said by an await, answered by a completion.</summary>
public sealed class LackingTests
{
    private static EventLoopOptions OnAio => new() { Kernel = KernelKind.LinuxAio, SubmissionEntries = 64, CompletionEntries = 256 };

    [Fact]
    public void An_await_says_what_is_lacking_and_what_to_do_and_a_completion_is_EINVAL() => OnLoop.Run(
        async loop =>
        {
            IoRequest request = IoRequest.UpdateSlots(new DirectSlot(1), 0);
            PlatformNotSupportedException thrown = await Assert.ThrowsAsync<PlatformNotSupportedException>(async () => await loop.ExecuteAsync(request));

            Assert.Contains("IORING_OP_FILES_UPDATE", thrown.Message, StringComparison.Ordinal);
            Assert.Contains("Linux 5.6", thrown.Message, StringComparison.Ordinal);
            Assert.Contains("Linux AIO", thrown.Message, StringComparison.Ordinal);
            Assert.Contains("use plain descriptors", thrown.Message, StringComparison.Ordinal);
            Assert.Equal(-Errno.EINVAL, (await loop.CompleteAsync(request)).Result);
        },
        OnAio);

    [Fact]
    public void A_foreign_await_says_the_same() => OnLoop.Run(
        async loop =>
        {
            PlatformNotSupportedException thrown = await Assert.ThrowsAsync<PlatformNotSupportedException>(
                () => Task.Run(async () => await loop.ExecuteAsync(IoRequest.InstallSlot(new DirectSlot(1)))));
            Assert.Contains("IORING_OP_FIXED_FD_INSTALL", thrown.Message, StringComparison.Ordinal);
        },
        OnAio);

    [Fact]
    public void An_EINVAL_of_a_call_that_the_kernel_has_is_no_lack() => OnLoop.Run(
        async loop =>
        {
            IOException thrown = await Assert.ThrowsAsync<IOException>(async () => await loop.ExecuteAsync(IoRequest.SyncRange(0, 0, 1, (SyncRangeFlags)8)));
            Assert.Contains("EINVAL", thrown.Message, StringComparison.Ordinal);
        },
        OnAio);

    [Fact]
    public void A_table_of_direct_descriptors_is_refused_where_there_are_none() => OnLoop.Run(
        loop =>
        {
            Assert.Throws<PlatformNotSupportedException>(() => DirectSlot.RegisterTable(loop, 4));
            return Task.CompletedTask;
        },
        OnAio);
}
